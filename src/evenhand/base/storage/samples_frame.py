"""Samples as one table, the content of samples.parquet: the frame with columns of labels and weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.values import ExclusiveBlock, Samples

# Columns with "eh:" cannot clash with the source's: `data/tables/samples.py` renames those to "table:eh:…".
_LABEL, _SOFT, _WEIGHT = "eh:label", "eh:label:", "eh:weight"


def samples_frame(samples: Samples) -> pd.DataFrame:
    """Return the frame with a column of class indices, or one of label values per class, and one of weights."""
    frame = samples.frame.copy()
    if samples.multi_label:
        # At once: a thousand labels, one by one, would be as many copies of the frame's index.
        labels = pd.DataFrame(samples.labels, columns=[f"{_SOFT}{c}" for c in range(samples.k)], index=frame.index)
        frame = pd.concat([frame, labels], axis=1)
    else:
        frame[_LABEL] = samples.labels
    if samples.weights is not None:
        frame[_WEIGHT] = samples.weights
    return frame


def samples_of(frame: pd.DataFrame, data: Mapping[str, Any]) -> Samples:
    """Return the samples of a table made by `samples_frame`; `data` holds their classes, levels and kind."""
    soft = [name for name in frame.columns.astype(str) if name.startswith(_SOFT)]
    labels = frame[soft].to_numpy(np.float64) if soft else frame[_LABEL].to_numpy(np.int64)
    weights = frame[_WEIGHT].to_numpy(np.float64) if _WEIGHT in frame else None
    # Classes that were left out, since they have too few rows, left their blocks.
    blocks = [[name for name in names if name in data["classes"]] for names in data.get("exclusive", [])]
    return Samples(
        frame=frame.drop(columns=[*soft, *(c for c in (_LABEL, _WEIGHT) if c in frame)]),
        classes=tuple(data["classes"]),
        labels=labels,
        weights=weights,
        levels={name: tuple(of) for name, of in data.get("levels", {}).items()},
        kind=data["kind"],
        task=data.get("task", ""),
        exclusive=tuple(ExclusiveBlock.of(names, data["classes"], labels) for names in blocks if len(names) > 1),
    )
