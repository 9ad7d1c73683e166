"""New rows whose files the models of a run were trained on."""

from __future__ import annotations

import numpy as np

from evenhand.base.storage.record import Record
from evenhand.base.values import TEST, Mask, Samples


def trained_rows(record: Record, samples: Samples) -> Mask:
    """Return (n,) bool, whether the content of each row is that of a row that models of a run were trained on.

    Contents are compared, not ids: new rows may have the ids of a table. Locked rows and rows without a label were
    not trained on. Of a kind without contents, nothing is known and no row is marked.
    """
    ours = record.samples()
    if "content" not in ours.frame or "content" not in samples.frame:
        return np.zeros(len(samples), dtype=bool)
    used = ours.known & (record.folds().of(ours.ids) != TEST)
    return samples.frame["content"].isin(set(ours.frame["content"][used])).to_numpy(dtype=bool)
