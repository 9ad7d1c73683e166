"""`split`: folds for a configuration, samples or a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError, unknown
from evenhand.base.settings.section import check as checked_section
from evenhand.base.values import Folds, Samples
from evenhand.data.config import FoldsConfig
from evenhand.data.splits.make_folds import make_folds
from evenhand.pipeline.verbs.check import check


def split(
    data: str | Path | Mapping[str, Any] | Samples | pd.DataFrame,
    *,
    label: str = "label",
    group: str | None = None,
    id: str | None = None,
    changes: Sequence[str] = (),
    **folds: Any,
) -> Folds:
    """Return stratified folds that never split a group.

    For a configuration they are those of `run`. For samples and frames, whose pictures or drawings are not read,
    rows are kept together by group, equal bytes (a column `content`) and names of files (a column `path`) alone:
    near-duplicates may come into different folds. To use the folds of a run elsewhere, read its folds.csv.

    Parameters
    ----------
    data
        A configuration (TOML file or mapping), `Samples`, or a frame with one row per sample.
    label, group, id
        Columns of a frame: class, group, and a stable id (by default its index).
    changes
        `KEY=VALUE` assignments over a configuration.
    folds
        Keys of the section [folds] for samples and frames: k, seed, test.

    Raises
    ------
    ConfigError, DataError, FoldsError
        If the data cannot be divided as configured.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"label": ["a", "b"] * 10, "patient": [i // 4 for i in range(20)]})
    >>> split(frame, group="patient", k=2)
    Folds(k=2, rows 12, 8)
    """
    if isinstance(data, (str, Path, Mapping)):
        return check(data, changes=changes).folds
    samples = data if isinstance(data, Samples) else _samples(data, label, group, id)
    return make_folds(samples, checked_section(FoldsConfig, folds, "split"))


def _samples(frame: pd.DataFrame, label: str, group: str | None, id: str | None) -> Samples:
    for column in (label, group, id):
        if column is not None and column not in frame:
            raise DataError(unknown("column", column, map(str, frame.columns)))
    codes, classes = pd.factorize(frame[label], sort=True)
    ids = frame.index if id is None else frame[id]
    columns = {"id": np.asarray(ids.astype(str), dtype=object)}
    if group is not None:
        columns["group"] = frame[group].to_numpy(dtype=object)
    return Samples(pd.DataFrame(columns), tuple(str(name) for name in classes), codes.astype(np.int64))
