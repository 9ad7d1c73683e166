"""Read a log of training, of any format, by its content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from evenhand.base.errors import DataError
from evenhand.curves.fit_curves import FitCurves
from evenhand.curves.logs.column_names import check_columns
from evenhand.curves.logs.csv_log import read_csv_log
from evenhand.curves.logs.event_files import is_event_file, read_event_files
from evenhand.curves.logs.json_log import read_json_log
from evenhand.curves.logs.raw_log import KNOWN, RawLog
from evenhand.curves.logs.to_curves import to_curves

MOST_BYTES = 512_000_000
"""Largest text log that is read: a log of a million steps with ten columns has a fifth of it."""
TEXT_LOGS = ("metrics.csv", "trainer_state.json")
"""Names under which others write logs into a folder of each run."""
_PACKED = {
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "compressed with gzip",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
    b"(\xb5/\xfd": "compressed with zstd",
}


def read_log(path: str | Path, columns: Mapping[str, str] = MappingProxyType({})) -> tuple[FitCurves, ...]:
    """Return the curves of each fit in a log of training.

    Parameters
    ----------
    path
        A CSV, JSON or JSON Lines file, an event file of TensorBoard, or a folder that holds event files,
        metrics.csv of Lightning or trainer_state.json of Hugging Face.
    columns
        Name of a column -> what it is read as, such as "val/accuracy" or "epoch", where names are not known ones.

    Raises
    ------
    DataError
        If it does not exist, is none of these, or holds no metric.
    MissingExtraError
        If it is an event file and tensorboard is not installed.
    """
    check_columns(columns)
    where = Path(path)
    if where.is_dir():
        if runs := event_runs(where):
            return _curves(read_event_files(runs, where.name, columns))
        logs = text_runs(where)
        if not logs:
            raise DataError(
                f"{where}: is neither a run nor a folder with event files of TensorBoard, metrics.csv or "
                "trainer_state.json."
            )
        name = where.resolve().name
        return tuple(
            _named(fit, run or name, log.name) for run, log in logs.items() for fit in read_log(log, columns)
        )
    if not where.is_file():
        raise DataError(f"{where}: there is no such file or folder.")
    try:
        with where.open("rb") as file:
            start = file.read(64)
            if is_event_file(start):
                return _curves(read_event_files({"": [where]}, where.name, columns))
            _refuse(where, start)
            raw = start + file.read()
    except OSError as error:
        raise DataError(f"{where}: cannot be read ({error.strerror}).") from None
    try:
        return _curves(_text_log(raw, where.name, columns))
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


def text_runs(folder: Path) -> dict[str, Path]:
    """Return name of a run -> its metrics.csv or trainer_state.json, in a folder or two levels below.

    Every checkpoint of the Trainer of Hugging Face holds the log so far: of those of one run, the last is taken.
    """
    runs: dict[str, Path] = {}
    for path in sorted(
        one for name in TEXT_LOGS for depth in ("", "*/", "*/*/") for one in folder.glob(depth + name)
    ):
        home = path.parent.relative_to(folder)
        home = home.parent if _checkpoint(path) >= 0 else home
        run = "" if home == Path() else home.as_posix()
        if run not in runs or _checkpoint(path) > _checkpoint(runs[run]) >= 0:
            runs[run] = path
    return runs


def _checkpoint(path: Path) -> int:
    """Return N of checkpoint-N, the folder of a log; -1 for another one."""
    head, _, number = path.parent.name.partition("checkpoint-")
    return int(number) if not head and number.isdecimal() and len(number) < 19 else -1


def _named(fit: FitCurves, run: str, file: str) -> FitCurves:
    """Return curves under the name of their run where the log has none but that of its file."""
    return replace(fit, model=run) if fit.model == file else fit


def is_log(path: Path) -> bool:
    """Return whether a path should be read as a log: a file, or a folder with some that is not one of runs."""
    if path.is_file() or not path.is_dir():
        return path.is_file()
    return not any(path.glob("*/resolved.toml")) and bool(event_runs(path) or text_runs(path))


def _begins_as_events(path: Path) -> bool:
    with path.open("rb") as file:
        return is_event_file(file.read(64))


def _text_log(raw: bytes, name: str, columns: Mapping[str, str]) -> list[RawLog]:
    text = raw.lstrip(b"\xef\xbb\xbf \t\r\n")
    read = read_json_log if text[:1] in (b"{", b"[") else read_csv_log
    return read(raw, name, columns)


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
