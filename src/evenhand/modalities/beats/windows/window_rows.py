"""Samples and encoded rows of windows cut by other programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import compress
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from cachetools import LRUCache, cached

from evenhand.base.errors import DataError, unknown
from evenhand.base.text.cells import as_texts
from evenhand.base.values import NO_LABEL, Finding, Samples
from evenhand.data.config import DataConfig
from evenhand.data.roots.content_hash import content_hash
from evenhand.data.roots.file_names import suffix
from evenhand.data.roots.root import Root
from evenhand.data.roots.skipped import Skipped, findings_of
from evenhand.data.tables.corrections import corrected
from evenhand.data.tables.labels.label_encoding import label, split_cells, unknown_names
from evenhand.modalities.beats.config import BeatsConfig
from evenhand.modalities.beats.features.rr_features import near
from evenhand.modalities.beats.reading.read import config_of
from evenhand.modalities.beats.reading.rows import OWN
from evenhand.modalities.beats.windows.window_files import SUFFIXES, Windows, has_windows, read_windows

_RECORDS = ("record", "group", "patient", "person", "subject")
"""Columns that may name the record of a window; the first existing one is used."""

Row = dict[str, npt.NDArray[Any]]


def window_files(root: Root, table: str | None) -> list[str]:
    """Return the files of windows: the table, if it is one; every such file, without a table and WFDB records."""
    if table is not None:
        name = table.replace("\\", "/").removeprefix("./")
        below = next((found for found in root.names() if found == name or str(root.path / found) == table), None)
        windows = below is not None and suffix(below) in SUFFIXES and has_windows(root.read(below), below)
        return [below] if windows and below is not None else []
    if any(suffix(name) == ".hea" for name in root.names()):
        return []
    return [name for name in root.names() if suffix(name) in SUFFIXES and has_windows(root.read(name), name)]


def window_samples(
    root: Root, files: Sequence[str], data: DataConfig, kind_config: BeatsConfig
) -> tuple[Samples, list[Finding]]:
    """Return a sample for each window of some files, with classes from `data.label`.

    Raises
    ------
    DataError
        If no file can be read, or a column does not exist.
    """
    frame, findings = _frame(root, files, kind_config, data)
    source = root.path.name
    if data.label not in frame:
        raise DataError(f"{source}: data.label: {unknown('column', data.label, [*map(str, frame.columns)])}")
    cells = as_texts(frame[data.label].tolist())
    strange = unknown_names(cells, data)
    if strange:
        raise DataError("\n".join(f"{source}: {fault}" for fault in strange))
    found = corrected(frame["id"].tolist(), split_cells(cells, data), data)
    labels = label(list(compress(found.classes, found.keep)), data, source, named="windows")
    kept = frame[found.keep][labels.keep].reset_index(drop=True)
    samples = Samples(kept, labels.classes, labels.values[labels.keep], kind="beats")
    return samples, [*findings, *found.findings, *labels.findings]


def unlabelled_windows(root: Root, files: Sequence[str], kind_config: BeatsConfig) -> tuple[Samples, list[Finding]]:
    """Return a sample for each window, unlabelled, for prediction."""
    frame, findings = _frame(root, files, kind_config, None)
    return Samples(frame, (), np.full(len(frame), NO_LABEL, dtype=np.int64), kind="beats"), findings


class WindowReader:
    """Encodes windows as `RecordReader` encodes beats; neighbours are the windows before and after in the file.

    Parameters
    ----------
    root, frame, settings
        As in `RecordReader`.
    """

    def __init__(self, root: Root, frame: pd.DataFrame, settings: Mapping[str, Any]) -> None:
        self._root, self._config, self._frame = root, config_of(settings), frame
        self._lock = Lock()
        self._made: dict[str, npt.NDArray[np.float32]] = {}
        self._rhythm: dict[str, npt.NDArray[np.float32]] = {}
        self._paths = frame["path"].astype(str).to_numpy(dtype=object)
        self._places = frame["sample"].to_numpy(np.int64)
        of = frame["path"].astype(str) + "\n" + frame["record"].astype(str)
        begins = np.flatnonzero((of != of.shift()).to_numpy())
        parts = np.diff([*begins, len(frame)])
        self._near = np.concatenate(
            [near(int(n), self._config.neighbours, start=int(at)) for at, n in zip(begins, parts, strict=True)]
        )

    def __call__(self, row: int) -> Row:
        """Return {"signal" (c, t), "rhythm" (d,), "near" (2m + 1,)} of one window; raises `DataError`."""
        path, place = self._paths[row], int(self._places[row])
        with self._lock:
            if path not in self._made:
                self._open(path)
        return {"signal": self._made[path][place], "rhythm": self._rhythm[path][place], "near": self._near[row]}

    def _open(self, path: str) -> None:
        """Read a file, and divide its windows by the typical amplitude of their record."""
        windows = opened(self._root, path, self._config.max_samples)
        rows = self._frame[self._frame["path"] == path]
        if rows["sample"].max() >= len(windows):
            raise DataError("has fewer windows than when it was listed: the file has changed")
        signal = windows.signal
        if self._config.normalise == "record":
            # Windows without a row (of dropped classes) are one group of their own, which nobody reads.
            record = pd.Series("", index=range(len(windows)), dtype=object)
            record.loc[rows["sample"].to_numpy()] = rows["record"].astype(str).to_numpy()
            signal = signal / _sizes(signal, record)
        self._made[path], self._rhythm[path] = signal, windows.rhythm


def opened(root: Root, path: str, most: int) -> Windows:
    """Return the windows of a file (cached); raises `DataError` with the reason."""
    return _windows(root.read(path), path, most)


@cached(LRUCache(2), key=lambda raw, path, most: content_hash(raw), lock=Lock())
def _windows(raw: bytes, path: str, most: int) -> Windows:
    return read_windows(raw, path, most)


def _sizes(signal: npt.NDArray[np.float32], record: pd.Series[str]) -> npt.NDArray[np.float32]:
    """Return (n, c, 1) the median largest deviation of the windows of each window's record."""
    largest = pd.DataFrame(np.abs(signal - np.median(signal, axis=2, keepdims=True)).max(axis=2))
    size = largest.groupby(record.to_numpy()).transform("median").to_numpy()
    return np.asarray(np.where(size > 1e-9, size, 1.0)[:, :, None], dtype=np.float32)


def _frame(
    root: Root, files: Sequence[str], kind_config: BeatsConfig, data: DataConfig | None
) -> tuple[pd.DataFrame, list[Finding]]:
    parts, skipped = [], []
    for name in files:
        try:
            parts.append(_rows(root, name, kind_config, data))
        except DataError as error:
            skipped.append(Skipped(name, str(error)))
    findings = findings_of(skipped, root.path.name)
    if not parts:
        raise DataError(f"{root.path}: no windows can be read. {' '.join(f.message for f in findings[:3])}")
    frame = pd.concat(parts, ignore_index=True)
    if not frame["id"].is_unique:  # ids repeat between files
        frame["id"] = frame["path"].astype(str) + ":" + frame["id"].astype(str)
    return frame, findings


def _rows(root: Root, name: str, kind_config: BeatsConfig, data: DataConfig | None) -> pd.DataFrame:
    windows = opened(root, name, kind_config.max_samples)
    columns, count = dict(windows.columns), len(windows)
    stem = name.rpartition(".")[0]
    key = next((key for key in _RECORDS if key in columns), None)
    record = np.full(count, stem, dtype=object) if key is None else _texts(columns[key])
    group, split = (None, None) if data is None else (data.group, data.split)
    for role, column in (("group", group), ("split", split)):
        if column is not None and column not in columns:
            raise DataError(f"data.{role}: {unknown('column', column, columns)}")
    number = [f"{place:07d}" for place in range(count)]
    ids = _own_ids(columns) if data is None else None
    frame: dict[str, Any] = {
        "id": [f"{stem}:{place}" for place in number] if ids is None else ids,
        "path": name,
        "content": [content_hash(window.tobytes()) for window in windows.signal],
        "group": record if group is None else _texts(columns[group]),
    }
    if split is not None or "split" in columns:
        frame["split"] = _texts(columns[split or "split"])
    frame |= {
        "record": record,
        "sample": np.arange(count),
        "seconds": np.nan,
        "symbol": "",
        "lead": "",
        "channel": "0",
    }
    frame |= {key: value for key, value in columns.items() if key not in OWN and not key.startswith("eh:")}
    return pd.DataFrame(frame)


def _own_ids(columns: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[Any] | None:
    """Return (n,) the ids in a file of new windows, or None if there are none or they are not unique."""
    if "id" not in columns:
        return None
    ids = _texts(columns["id"])
    return ids if pd.Series(ids).notna().all() and len(set(ids)) == len(ids) else None


def _texts(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.array(as_texts(values.tolist()), dtype=object)
