"""Reading one WFDB record from a root: header, annotations, signals. Every failure is a `DataError`.

The wfdb package reads files on disk. The files of a record are copied to a temporary folder first, so that a zip is
read like a folder, and a header cannot name files elsewhere. It runs in isolated processes
(`evenhand.engines.isolated`), which are killed if damaged bytes take it too much time or memory.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import DataError, MissingExtraError
from evenhand.base.storage.numpy_files import load_array
from evenhand.data import wfdb_calls
from evenhand.data.roots.root import Root
from evenhand.engines.isolated import ISOLATED, IsolatedCallError
from evenhand.modalities.beats.reading.annotation_notes import clock_of
from evenhand.modalities.beats.reading.header import RecordHeader, checked_header
from evenhand.modalities.beats.reading.header_text import STEM, parse_text
from evenhand.modalities.beats.reading.units import millivolts

_CALLS = wfdb_calls.__name__
_SECONDS, _BYTES_PER_SECOND = 10.0, 200_000
"""Limit of a call: seconds of CPU time, and one more for so many bytes of input."""
_MEMORY, _MEMORY_PER_BYTE = 1 << 29, 64
"""Limit of a call: bytes of memory, and so many more per byte of input."""


@dataclass(frozen=True)
class RecordFiles:
    """The files of one record.

    Attributes
    ----------
    root
        The root.
    name
        Posix name below the root, without suffix ("a/100").
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
        """Return the name below the root of a file beside the header."""
        return f"{self.name.rpartition('/')[0]}/{file}".removeprefix("/")

    def has(self, file: str) -> bool:
        """Return whether a file exists beside the header."""
        try:
            self.root.size(self.beside(file))
        except (DataError, KeyError):
            return False
        return True


@dataclass(frozen=True, eq=False)
class Annotations:
    """The annotations of a record, in order.

    Attributes
    ----------
    at
        (a,) int64 samples of the signals.
    symbols
        (a,) str.
    clock
        Samples per second of the file, if it says so.
    """

    at: npt.NDArray[np.int64]
    symbols: npt.NDArray[Any]
    clock: float | None = None


def read_head(files: RecordFiles, most: int) -> RecordHeader:
    """Return the header, validated against the sizes of the signal files.

    Raises
    ------
    DataError
        With the reason, to follow the record's name.
    """
    text = parse_text(files.root.read(files.header))
    sizes = {name: files.root.size(files.beside(name)) for name in dict.fromkeys(text.files) if files.has(name)}
    return checked_header(text, sizes, most, partial(_stream_length, files))


def read_annotations(files: RecordFiles, annotator: str, rate: float) -> Annotations:
    """Return the annotations of a record, at samples of its signals.

    Parameters
    ----------
    rate
        Samples of the signals per second; an annotation file may have a different time resolution.

    Raises
    ------
    DataError
        If the file does not exist or cannot be read.
    """
    name = f"{files.stem}.{annotator}"
    if not files.has(name):
        raise DataError(f"has no annotations ({name} does not exist)")
    raw = files.root.read(files.beside(name))
    if len(raw) < 2:
        raise DataError(f"has no annotations ({name} is empty)")
    message = f"has annotations that cannot be read ({name})"
    if len(raw) % 2:
        raise DataError(f"{message}: it is truncated")
    try:
        clock, raw = clock_of(raw)
    except DataError as error:
        raise DataError(f"{message}: it {error}") from None
    with _copied({f"{STEM}.{annotator}": raw}) as folder:
        out = {"at": str(folder / "at.npy"), "symbols": str(folder / "symbols.npy")}
        arguments = {"path": str(folder / STEM), "annotator": annotator, "message": message, **out}
        call_wfdb("annotation_rows", arguments, len(raw), message)
        at, symbols = (load_array(path) for path in out.values())
    if not len(at):
        raise DataError(f"has no annotations ({name} holds none)")
    if clock is not None and clock != rate:
        at = np.floor(at * (rate / clock) + 0.5).astype(np.int64)
    # stable, so that annotations at one sample keep the order of the file
    order = np.argsort(at, kind="stable")
    return Annotations(at[order], symbols.astype(object)[order], clock)


def read_signals(files: RecordFiles, head: RecordHeader, signals: Sequence[int]) -> npt.NDArray[np.float64]:
    """Return (c, T) float64 of some signals, in millivolts if their unit is a voltage; missing samples are NaN.

    Raises
    ------
    DataError
        With the reason.
    """
    text = parse_text(files.root.read(files.header))
    if text.files != head.files:
        raise DataError("has a different header than when it was listed")
    copied = {text.alias(name): files.root.read(files.beside(name)) for name in dict.fromkeys(head.files)}
    # FLAC is compressed: decoded samples may be far more than the bytes of the files.
    size = max(sum(map(len, copied.values())), 8 * head.samples)
    with _copied({**copied, f"{STEM}.hea": text.plain(head.length)}) as folder:
        out = folder / "values.npy"
        arguments = {"path": str(folder / STEM), "channels": list(signals), "length": head.length, "out": str(out)}
        call_wfdb("signals", arguments, size, "has signals that cannot be read")
        scale = np.array([millivolts(head.units[at]) or 1.0 for at in signals])
        # the product is a copy: the file goes with its folder
        return np.asarray(load_array(out, mmap_mode="r") * scale[:, None], dtype=np.float64)


def find_beats(values: npt.NDArray[np.float64], rate: float) -> npt.NDArray[np.int64]:
    """Return the samples at which wfdb's XQRS detector finds beats in a (T,) signal.

    Raises
    ------
    DataError
        If detection fails.
    """
    with _copied({}) as folder:
        np.save(folder / "signal.npy", values, allow_pickle=False)
        arguments = {"signal": str(folder / "signal.npy"), "rate": rate}
        message = "has signals in which beats cannot be detected"
        return np.array(call_wfdb("detect_beats", arguments, 8 * values.nbytes, message), dtype=np.int64)


def call_wfdb(function: str, arguments: Mapping[str, Any], size: int, message: str = "cannot be read") -> Any:
    """Return the result of a function of `wfdb_calls`, run in an isolated process.

    Parameters
    ----------
    size
        Bytes of its input, which determine its limits of time and memory.
    message
        Beginning of the message if its process was killed.

    Raises
    ------
    DataError
        With the reason, to follow the record's name.
    """
    try:
        return ISOLATED.call(
            f"{_CALLS}:{function}",
            arguments,
            seconds=_SECONDS + size / _BYTES_PER_SECOND,
            memory=_MEMORY + _MEMORY_PER_BYTE * size,
        )
    except IsolatedCallError as error:
        failure = error.failure
        # Exceptions cross the process boundary as names and text: these two are raised again as what they were.
        if failure is not None and failure.type == MissingExtraError.__name__:
            raise MissingExtraError("wfdb", "beats", "Reading records of heartbeats") from None
        if failure is not None and failure.type == DataError.__name__:
            raise DataError(failure.message) from None
        raise DataError(f"{message} ({error})") from None


def _stream_length(files: RecordFiles, name: str) -> int:
    """Return the samples of each signal in a FLAC stream."""
    raw = files.root.read(files.beside(name))
    with _copied({"signal.dat": raw}) as folder:
        return int(call_wfdb("stream_frames", {"path": str(folder / "signal.dat")}, len(raw)))


@contextmanager
def _copied(contents: Mapping[str, bytes]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="evenhand-record-") as folder:
        for name, raw in contents.items():
            (Path(folder) / name).write_bytes(raw)
        yield Path(folder)
