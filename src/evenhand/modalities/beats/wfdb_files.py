"""Reading one WFDB record out of a root: header, annotations, signals. Nothing but `DataError` comes out.

The wfdb package reads files on disk. What a record needs is copied into a folder of its own first, so that a
zip is read like a folder, and a header that names a file elsewhere leads nowhere.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import DataError, MissingExtraError
from evenhand.base.quiet import quiet
from evenhand.data.root import Root
from evenhand.modalities.beats.header import FLAC, Head, check_text, head_of

MILLIVOLTS = {"mv": 1.0, "uv": 1e-3, "µv": 1e-3, "v": 1e3, "nv": 1e-6}
"""Unit of a signal, in small letters -> its size in millivolts."""

_SCRATCH = re.compile(r"[^\s'\"]*evenhand-record-[^/\s]*/")
_LIBRARY = r"wfdb(\.|$)"


@dataclass(frozen=True)
class Files:
    """The files of one record.

    Attributes
    ----------
    root
        Where they lie.
    name
        Posix name below the root, without ending ("a/100").
    """

    root: Root
    name: str

    @property
    def header(self) -> str:
        """Name of the header."""
        return f"{self.name}.hea"

    @property
    def stem(self) -> str:
        """Name without folders."""
        return self.name.rpartition("/")[2]

    def beside(self, file: str) -> str:
        """Return the name below the root of a file that lies beside the header."""
        return f"{self.name.rpartition('/')[0]}/{file}".removeprefix("/")

    def there(self, file: str) -> bool:
        """Whether such a file lies beside the header."""
        try:
            self.root.size(self.beside(file))
        except (DataError, KeyError):
            return False
        return True


def read_head(files: Files, most: int) -> Head:
    """Return what the header says, checked against the sizes of the signal files.

    Raises
    ------
    DataError
        With the reason, to follow the record's name.
    """
    wfdb = package()
    raw = files.root.read(files.header)
    check_text(raw)
    with _copied(files, {f"{files.stem}.hea": raw}) as folder, in_words("has a header that cannot be read"):
        found = wfdb.rdheader(str(folder / files.stem))
        sizes = {str(n): files.root.size(files.beside(str(n))) for n in found.file_name if files.there(str(n))}
        return head_of(found, sizes, most)


def read_annotations(files: Files, annotator: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[Any]]:
    """Return (a,) int64 sample numbers and (a,) symbols of a record's annotations, in order.

    Raises
    ------
    DataError
        If there is no such file, or it cannot be read.
    """
    wfdb = package()
    name = f"{files.stem}.{annotator}"
    if not files.there(name):
        raise DataError(f"has no annotations ({name} is not there)")
    raw = files.root.read(files.beside(name))
    if len(raw) < 2:
        raise DataError(f"has no annotations ({name} is empty)")
    with _copied(files, {name: raw}) as folder, in_words(f"has annotations that cannot be read ({name})"):
        found = wfdb.rdann(str(folder / files.stem), annotator)
        at, symbols = np.asarray(found.sample, dtype=np.int64), np.array(found.symbol, dtype=object)
    if not len(at):
        raise DataError(f"has no annotations ({name} holds none)")
    order = np.argsort(at, kind="stable")
    return at[order], symbols[order]


def read_signals(files: Files, head: Head, signals: Sequence[int]) -> npt.NDArray[np.float64]:
    """Return (c, T) float64 of some signals, in millivolts where their unit is one of voltage; gaps are NaN.

    Raises
    ------
    DataError
        With the reason.
    """
    wfdb = package()
    names = sorted({head.files[at] for at in range(len(head.files))})
    copied = {name: files.root.read(files.beside(name)) for name in names}
    copied[f"{files.stem}.hea"] = files.root.read(files.header)
    with _copied(files, copied) as folder, in_words("has signals that cannot be read"):
        for at in signals:
            if head.formats[at] in FLAC:
                _check_stream(folder / head.files[at], head.length)
        found = wfdb.rdrecord(str(folder / files.stem), channels=list(signals), return_res=64)
        values = np.asarray(found.p_signal, dtype=np.float64).T
        if values.shape != (len(signals), head.length):
            raise DataError(f"has {values.shape[-1]:,} samples where its header claims {head.length:,}")
    scale = np.array([MILLIVOLTS.get(head.units[at].lower(), 1.0) for at in signals])
    return np.asarray(values * scale[:, None])


def package() -> Any:
    """Return the module wfdb.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        with quiet(_LIBRARY):
            import wfdb
    except ImportError:
        raise MissingExtraError("wfdb", "beats", "Reading records of heartbeats") from None
    return wfdb


@contextmanager
def in_words(says: str) -> Iterator[None]:
    """Make whatever wfdb raises on damaged bytes a `DataError`; it documents none of it."""
    try:
        with quiet(_LIBRARY), np.errstate(all="ignore"):
            yield
    except DataError:
        raise
    except Exception as error:
        told = _SCRATCH.sub("", " ".join(str(error).split()))
        detail = told[:80] or type(error).__name__
        raise DataError(f"{says} ({detail})") from None


def _check_stream(path: Path, length: int) -> None:
    """Check that a FLAC stream is as long as the header of the record says, before it is decoded."""
    import soundfile

    frames = soundfile.info(str(path)).frames
    if frames != length:
        raise DataError(f"has {frames:,} samples in {path.name} where its header claims {length:,}")


@contextmanager
def _copied(files: Files, contents: dict[str, bytes]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="evenhand-record-") as folder:
        for name, raw in contents.items():
            (Path(folder) / name).write_bytes(raw)
        yield Path(folder)
