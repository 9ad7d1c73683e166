"""Event files of TensorBoard, read by the package tensorboard."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from evenhand.base.errors import DataError, MissingExtraError
from evenhand.base.text.counted import count
from evenhand.curves.logs.column_names import read_as
from evenhand.curves.logs.raw_log import RawLog, Series, no_curves

_HEADER, _FOOTER = struct.Struct("<QI"), 4
"""Length of a record and the checksum of that length; the checksum of the record."""


def is_event_file(start: bytes) -> bool:
    """Return whether bytes begin as an event file does: a short record with its version."""
    return len(start) >= 24 and b"brain.Event:" in start[12:48]


def read_event_files(
    files: dict[str, list[Path]], name: str, columns: Mapping[str, str] = MappingProxyType({})
) -> list[RawLog]:
    """Return the fits of event files, one for each key of `files`: the run that they belong to.

    The set of rows that a file is of, such as the folder `validation` that Keras writes, is taken from the name of
    its folder by `metric_name`: it is put before the names of series.
    `columns` are the names that a person gives to series.

    Raises
    ------
    MissingExtraError
        If tensorboard is not installed.
    DataError
        If a file is damaged from its beginning, or no scalar in them is a metric.
    """
    logs = []
    for run, paths in files.items():
        notes: list[str] = []
        found: dict[str, list[tuple[float, float]]] = {}
        for path in sorted(paths):
            for tag, step, value in _scalars(path, notes):
                found.setdefault(_tag(tag, path.parent.name), []).append((step, value))
        seen = tuple(found)
        found = {word: found[tag] for tag, word in read_as(found, columns).items()}
        epochs = dict(found.pop("epoch", []))  # Lightning logs the epoch of each step
        series = []
        for tag, pairs in found.items():
            steps, values = (np.array(part, dtype=np.float64) for part in zip(*pairs, strict=True))
            known = np.array([epochs.get(step, np.nan) for step in steps], dtype=np.float64)
            series.append(Series(tag, known, steps, values))
        if not series:
            raise no_curves(run or name, seen)
        logs.append(RawLog(run or name, tuple(series), notes=tuple(notes), columns=seen))
    return logs


def _tag(tag: str, folder: str) -> str:
    """Return a name with its set of rows, which the writer of Keras puts into the name of the folder."""
    return (
        f"{folder}/{tag}" if folder.lower() in ("train", "training", "validation", "val", "eval", "test") else tag
    )


def _scalars(path: Path, notes: list[str]) -> Iterator[tuple[str, float, float]]:
    """Yield name, step and value of each scalar; what cannot be read at the end of a file is noted."""
    try:
        from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
        from tensorboard.util import tensor_util
    except ImportError:
        raise MissingExtraError("tensorboard", "logs", "Reading event files of TensorBoard") from None
    whole, rest = _records(path)
    if not whole:
        raise DataError(f"{path.name}: is an event file that is cut off in its first record.")
    read = 0
    loader = EventFileLoader(str(path)).Load() if not rest else _first(EventFileLoader(str(path)).Load(), whole)
    try:
        for event in loader:
            read += 1
            for value in event.summary.value if event.HasField("summary") else ():
                number = _scalar(value, tensor_util)
                if number is not None:
                    yield value.tag, float(event.step), number
    except Exception as error:  # what protobuf and tensorboard raise on damaged bytes is not documented
        notes.append(
            f"{path.name} is damaged after record {read:,} ({type(error).__name__}); the rest is left out."
        )
        return
    if rest:
        notes.append(f"{path.name} is cut off in record {whole + 1:,}; {count(rest, 'byte')} left out.")
    if read < whole:
        notes.append(f"{path.name} is damaged after record {read:,} of {whole:,}; the rest is left out.")


def _first(events: Iterator[Any], most: int) -> Iterator[Any]:
    """Yield the first events, and stop before the library tries to read a record that is not all there."""
    for _ in range(most):
        event = next(events, None)
        if event is None:
            return
        yield event


def _scalar(value: Any, tensor_util: Any) -> float | None:
    """Return the number of a summary; None for pictures, histograms and text."""
    kind = value.WhichOneof("value")
    if kind == "simple_value":
        return float(value.simple_value)
    if kind != "tensor":
        return None
    array = tensor_util.make_ndarray(value.tensor)
    return float(array.reshape(-1)[0]) if array.size == 1 and array.dtype.kind in "fiu" else None


def _records(path: Path) -> tuple[int, int]:
    """Return how many whole records a file holds, and how many bytes are left over.

    Done before the package reads it: it stops at a cut without a word, and would ask for as many bytes as a
    damaged length names.
    """
    size, whole, at = path.stat().st_size, 0, 0
    with path.open("rb") as file:
        while len(header := file.read(_HEADER.size)) == _HEADER.size:
            end = at + _HEADER.size + _HEADER.unpack(header)[0] + _FOOTER
            if end > size:
                break
            whole, at = whole + 1, end
            file.seek(at)
    return whole, size - at
