"""Metrics of how each row ranks its own labels, where several may hold (Tsoumakas, Katakis & Vlahavas 2010, 4.3).

Each is a mean over rows, from the ranks of the labels of one row by falling probability. Among equal probabilities
every label has the rank of the last of them, as in scikit-learn, so that a tie is never counted in favour of the
model. Labels of which it is not known whether they hold are not ranked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import scipy  # scipy.stats is imported where it is used: not by workers of other metrics

from evenhand.base.values import Floats, Ints, Mask
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows
from evenhand.evaluation.core.metric import Metric
from evenhand.evaluation.core.row_sums import RowSums, means, ratio
from evenhand.evaluation.metrics import METRICS
from evenhand.evaluation.metrics.averaged import SHARE, counting_rows

PerRow = Callable[[EvaluatedRows, Ints], Floats]
MEAN = replace(SHARE, kind="mean")


def ranks(scores: Floats, among: Mask) -> Floats:
    """Return (n, c) the number of the labels `among` those of the row with at least the score of each.

    It is the rank by falling score, of ties the last; only cells of `among` are meaningful.

    >>> ranks(np.array([[0.9, 0.5, 0.5, 0.1]]), np.array([[True, True, True, False]])).astype(int).tolist()
    [[1, 3, 3, 4]]
    """
    # Those that do not count come last, where they raise no rank of the others.
    return np.asarray(
        scipy.stats.rankdata(np.where(among, -scores, np.inf), method="max", axis=1), dtype=np.float64
    )


def _ranked(rows: EvaluatedRows, chosen: Ints) -> tuple[Mask, Mask, Floats]:
    """Return (n, c) labels that hold, labels that are known, and the ranks of labels among the known ones."""

    def made() -> tuple[Mask, Mask, Floats]:
        known = rows.known[:, chosen]
        return rows.held[:, chosen], known, ranks(rows.probabilities[:, chosen], known)

    # By content: an array is not hashable, and the id of a temporary one may be reused.
    return rows.once(("label ranks", chosen.tobytes()), made)


def row_average_precision(rows: EvaluatedRows, chosen: Ints) -> Floats:
    """Return (n,) the share of the row's labels among those ranked as high, averaged over its labels.

    1 for a row of which no label or every label holds: any order of it is right.
    """
    held, known, rank = _ranked(rows, chosen)
    above = ranks(rows.probabilities[:, chosen], held)
    found = ratio(np.where(held, above / rank, 0.0).sum(axis=1), held.sum(axis=1))
    return np.where(held.any(axis=1) & (held != known).any(axis=1), found, 1.0)


def covering(rows: EvaluatedRows, chosen: Ints) -> Floats:
    """Return (n,) how many labels, in falling order, must be taken to have all that hold; 0 where none does."""
    held, _, rank = _ranked(rows, chosen)
    return np.asarray(np.where(held, rank, 0.0).max(axis=1, initial=0.0))


def one_further(rows: EvaluatedRows, chosen: Ints) -> Floats:
    """Return (n,) `covering` if the next label in the order held too."""
    return np.asarray(np.minimum(covering(rows, chosen) + 1, len(chosen)))


def reversed_pairs(rows: EvaluatedRows, chosen: Ints) -> Floats:
    """Return (n,) the share of pairs of a label that holds and one that does not, in which the latter is not below.

    0 for a row without such a pair.
    """
    held, known, rank = _ranked(rows, chosen)
    above = ranks(rows.probabilities[:, chosen], held)
    pairs = held.sum(axis=1) * (known & ~held).sum(axis=1)
    return np.nan_to_num(ratio(np.where(held, rank - above, 0.0).sum(axis=1), pairs.astype(np.float64)))


def _features(of: PerRow, rows: EvaluatedRows, chosen: Ints) -> RowSums:
    return means(of(rows, chosen), np.flatnonzero(counting_rows(rows, chosen)))


def _mean(statistics: Floats, _chosen: Ints) -> Floats:
    return ratio(statistics[0], statistics[1])


METRICS.register("label_ranking_average_precision")(
    Metric("Mean over rows of the precision at the rank of each of its labels.",
           partial(_features, row_average_precision), _mean, counting_rows, labels="several",
           parts=MEAN)
)  # fmt: skip
METRICS.register("coverage_error")(
    Metric("Mean over rows of how many labels, most probable first, include all that hold.",
           partial(_features, covering), _mean, counting_rows, labels="several", higher_is_better=False,
           upper_bound=np.inf, cost=one_further)
)  # fmt: skip
METRICS.register("label_ranking_loss")(
    Metric("Mean over rows of the share of pairs of a true and a false label in the wrong order.",
           partial(_features, reversed_pairs), _mean, counting_rows, labels="several", higher_is_better=False,
           parts=MEAN)
)  # fmt: skip
