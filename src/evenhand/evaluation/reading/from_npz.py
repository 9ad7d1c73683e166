"""Predictions from an npz file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.base.errors import DataError
from evenhand.base.text.cells import as_texts, text_array
from evenhand.base.values import Floats, Predictions, Strings, origin_of
from evenhand.base.values.prediction_fields import groups_of
from evenhand.evaluation.reading.columns import Columns
from evenhand.evaluation.reading.files import TableReader, npz_arrays, refuse_irregular
from evenhand.evaluation.reading.fold_column import fold_numbers
from evenhand.evaluation.reading.labels import class_numbers, once
from evenhand.evaluation.reading.probabilities import probabilities
from evenhand.evaluation.reading.spill import Spill


def of_npz(path: Path, columns: Columns, of: str, labels: Collection[str] | None = None) -> list[Predictions]:
    """Return the predictions of an npz file, which names its classes itself (`labels` is ignored)."""
    refuse_irregular(path)
    arrays = npz_arrays(path)
    numbers = next((name for name in ("probabilities", "probs", "logits") if name in arrays), None)
    if numbers is None or "ids" not in arrays:
        raise DataError(
            f"{path}: needs the arrays ids (n,) and probabilities or logits (n, k); there are: "
            f"{', '.join(arrays) or 'none'}."
        )
    source = TableReader(path, tuple(arrays), "npz")
    table = arrays[numbers]
    if table.ndim != 2 or len(table) == 0:
        raise DataError(f"{path}: {numbers} is {table.shape}; it must be rows × classes.")
    classes = _npz_classes(arrays, table, path)
    ids = _npz_texts(arrays, "ids", len(table), path)
    assert ids is not None
    once(ids, source)
    truth, fold, groups = (_npz_texts(arrays, name, len(table), path) for name in ("truth", "fold", "groups"))
    scale = "logit" if numbers == "logits" else columns.scale
    spill = Spill()
    step = max(1, 2**24 // (8 * table.shape[1]))
    for start in range(0, len(table), step):
        block = np.asarray(table[start : start + step])
        block = block if block.dtype in (np.float32, np.float64) else block.astype(np.float64)
        spill.add(probabilities(block, classes, scale, source.from_row(start), several=columns.several))
    return [
        Predictions(
            ids,
            classes,
            spill.array(),
            several_labels=columns.several,
            truth=None if truth is None else class_numbers(truth, classes, str(path), positions=columns.positions),
            fold=None if fold is None else fold_numbers(fold, source),
            groups=None if groups is None else groups_of(groups, ids),
            model=path.stem,
            origin=origin_of(of),
        )
    ]


def _npz_classes(arrays: Mapping[str, Any], table: Floats, path: Path) -> tuple[str, ...]:
    if "classes" not in arrays:
        return tuple(str(c) for c in range(table.shape[1]))
    classes = tuple(text or "" for text in as_texts(arrays["classes"].ravel().tolist()))
    if len(classes) != table.shape[1] or len(set(classes)) != len(classes):
        raise DataError(
            f"{path}: names {len(classes)} classes for {table.shape[1]} columns; each column needs a distinct one."
        )
    return classes


def _npz_texts(arrays: Mapping[str, Any], name: str, n: int, path: Path) -> Strings | None:
    """Return (n,) str of one of the arrays, or None if it does not exist."""
    if name not in arrays:
        return None
    values = arrays[name]
    if values.shape != (n,):
        raise DataError(f"{path}: {name} has the shape {values.shape}; it must be ({n},), one for each row.")
    return text_array(values.tolist())
