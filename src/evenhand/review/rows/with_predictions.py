"""Give the rows of a review the probabilities of a model, each with its source."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from evenhand.base.values import Predictions, Strings
from evenhand.review.rows.review_rows import ReviewRows
from evenhand.review.rows.source import ProbabilitySource


def with_predictions(rows: ReviewRows, p: Predictions, source: ProbabilitySource | Strings) -> ReviewRows:
    """Return the rows with the probabilities of those that had none.

    Rows are matched by id, and classes by name. A class that only the model knows becomes a further class of the
    review; one that the model does not know has the probability 0.

    Parameters
    ----------
    source
        Where the probabilities come from: of all rows, or (len(p),) of each. Rows whose source is "" are left out.
    """
    places = np.full(len(p), source.value, dtype=object) if isinstance(source, ProbabilitySource) else source
    at = pd.Index(rows.ids).get_indexer(pd.Index(p.ids))
    use = (at >= 0) & (np.asarray(places) != ProbabilitySource.NONE.value)
    use[use] = ~rows.predicted[at[use]]
    classes = (*rows.classes, *(name for name in p.classes if name not in set(rows.classes)))
    table = np.full((len(rows), len(classes)), np.nan, dtype=np.float32)
    table[:, : rows.k] = rows.probabilities
    table[rows.predicted, rows.k :] = 0.0
    filled = p.probabilities[use].astype(np.float32)
    if p.classes != classes:  # where all are the same, as in the record of a run, columns need not be moved
        position = {name: column for column, name in enumerate(classes)}
        moved = np.zeros((len(filled), len(classes)), dtype=np.float32)
        moved[:, [position[name] for name in p.classes]] = filled
        filled = moved
    table[at[use]] = filled
    of = rows.source.copy()
    of[at[use]] = places[use]
    return replace(rows, classes=classes, probabilities=table, source=of, model=rows.model or p.model)
