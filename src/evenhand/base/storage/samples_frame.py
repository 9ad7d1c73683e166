"""Samples as one table, the content of samples.parquet: the frame with columns of labels and weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.values import Samples

# Columns with "eh:" cannot clash with the source's: `data/tables/samples.py` renames those to "table:eh:…".
_LABEL, _SOFT, _WEIGHT = "eh:label", "eh:label:", "eh:weight"


def samples_frame(samples: Samples) -> pd.DataFrame:
    """Return the frame with a column of class indices, or one of label values per class, and one of weights."""
    frame = samples.frame.copy()
    if samples.multi_label:
        for c in range(samples.k):
            frame[f"{_SOFT}{c}"] = samples.labels[:, c]
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
    return Samples(
        frame=frame.drop(columns=[*soft, *(c for c in (_LABEL, _WEIGHT) if c in frame)]),
        classes=tuple(data["classes"]),
        labels=labels,
        weights=weights,
        levels={name: tuple(of) for name, of in data.get("levels", {}).items()},
        kind=data["kind"],
        task=data.get("task", ""),
    )
