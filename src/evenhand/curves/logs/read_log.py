"""Read a log of training, of any format, by its content."""

from __future__ import annotations

from pathlib import Path

from evenhand.base.errors import DataError
from evenhand.curves.fit_curves import FitCurves
from evenhand.curves.logs.csv_log import read_csv_log
from evenhand.curves.logs.event_files import is_event_file, read_event_files
from evenhand.curves.logs.json_log import read_json_log
from evenhand.curves.logs.raw_log import KNOWN, RawLog
from evenhand.curves.logs.to_curves import to_curves

MOST_BYTES = 512_000_000
"""Largest text log that is read: a log of a million steps with ten columns has a fifth of it."""
_PACKED = {
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "compressed with gzip",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
    b"(\xb5/\xfd": "compressed with zstd",
}


def read_log(path: str | Path) -> tuple[FitCurves, ...]:
    """Return the curves of each fit in a log of training.

    Parameters
    ----------
    path
        A CSV, JSON or JSON Lines file, an event file of TensorBoard, or a folder with event files.

    Raises
    ------
    DataError
        If it does not exist, is none of these, or holds no metric.
    MissingExtraError
        If it is an event file and tensorboard is not installed.
    """
    where = Path(path)
    if where.is_dir():
        runs = event_runs(where)
        if not runs:
            raise DataError(f"{where}: is neither a run nor a folder with event files of TensorBoard.")
        return _curves(read_event_files(runs, where.name))
    if not where.is_file():
        raise DataError(f"{where}: there is no such file or folder.")
    try:
        with where.open("rb") as file:
            start = file.read(64)
            if is_event_file(start):
                return _curves(read_event_files({"": [where]}, where.name))
            _refuse(where, start)
            raw = start + file.read()
    except OSError as error:
        raise DataError(f"{where}: cannot be read ({error.strerror}).") from None
    try:
        return _curves(_text_log(raw, where.name))
    except DataError as error:
        # readers of CSV do not know the name of the file
        text = str(error)
        raise DataError(text if text.startswith(f"{where.name}:") else f"{where.name}: {text}") from None


def event_runs(folder: Path) -> dict[str, list[Path]]:
    """Return name of a run -> its event files, for all below a folder; links are not followed.

    Files of one folder are one run; those in folders called train and validation are that of the folder above.
    """
    runs: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*tfevents*")):
        if path.is_file() and not path.is_symlink() and _begins_as_events(path):
            home = path.parent.relative_to(folder)
            home = home.parent if home.name.lower() in ("train", "validation", "val", "eval", "test") else home
            runs.setdefault("" if home == Path() else home.as_posix(), []).append(path)
    return runs


def is_log(path: Path) -> bool:
    """Return whether a path should be read as a log: a file, or a folder with event files that is not of runs."""
    return path.is_file() or (path.is_dir() and not any(path.glob("*/resolved.toml")) and bool(event_runs(path)))


def _begins_as_events(path: Path) -> bool:
    with path.open("rb") as file:
        return is_event_file(file.read(64))


def _text_log(raw: bytes, name: str) -> list[RawLog]:
    text = raw.lstrip(b"\xef\xbb\xbf \t\r\n")
    return read_json_log(raw, name) if text[:1] in (b"{", b"[") else read_csv_log(raw, name)


def _curves(logs: list[RawLog]) -> tuple[FitCurves, ...]:
    return tuple(to_curves(log) for log in logs)


def _refuse(path: Path, start: bytes) -> None:
    """Raise for files that are no text, before they are read."""
    packed = next((words for magic, words in _PACKED.items() if start.startswith(magic)), None)
    if packed:
        raise DataError(f"{path.name}: is {packed}. Unpack it and name the log.")
    if not start:
        raise DataError(f"{path.name}: is empty.")
    if b"\0" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{path.name}: is a binary file, not a log. {KNOWN}")
    if path.stat().st_size > MOST_BYTES:
        size = path.stat().st_size / 1e6
        raise DataError(f"{path.name}: has {size:,.0f} MB; logs of up to {MOST_BYTES / 1e6:,.0f} MB are read.")
