"""Metrics of counts: right, true and predicted rows of each class.

No confusion matrix is needed: with tp, truth and predicted per class (3k numbers) all of these follow, and a
replicate costs 3k sums instead of k².

A class without truth and without predictions is left out of every average. Where only one of the two is there:
F1 and precision count 0, and recall leaves the class out, since there is nothing to recall. For one class alone
(`precision[S]`), 0/0 is not defined.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from evenhand.base.values import Floats, Ints, Mask
from evenhand.evaluation.features import Features, mean_of_known, ratio
from evenhand.evaluation.metric import Metric
from evenhand.evaluation.metrics import METRICS
from evenhand.evaluation.rows import Rows

PerClass = Callable[[Floats, Floats, Floats], Floats]


def counts(rows: Rows, _chosen: Ints) -> Features:
    """Return features whose sums are tp, truth and predicted of each class: (3k,)."""
    return rows.once("counts", partial(_counts, rows))


def _counts(rows: Rows) -> Features:
    n, k = len(rows), rows.k
    if rows.several:
        where = [np.nonzero(mask) for mask in (rows.held & rows.claimed, rows.held, rows.claimed)]
        row = np.concatenate([rows_ for rows_, _ in where])
        column = np.concatenate([columns + k * part for part, (_, columns) in enumerate(where)])
        return Features((n, 3 * k), row, column)
    truth, predicted, every = rows.truth, rows.predicted, np.arange(n)
    right = np.flatnonzero(truth == predicted)
    row = np.concatenate([right, every, every])
    column = np.concatenate([truth[right], truth + k, predicted + 2 * k])
    return Features((n, 3 * k), row, column, alike=truth * k + predicted)


def split(statistics: Floats, chosen: Ints) -> tuple[Floats, Floats, Floats]:
    """Return tp, truth and predicted counts of the chosen classes, (c, b) each."""
    tp, truth, predicted = statistics.reshape(3, -1, statistics.shape[1])
    if len(chosen) == len(tp):
        return tp, truth, predicted
    return tp[chosen], truth[chosen], predicted[chosen]


def precision(tp: Floats, truth: Floats, predicted: Floats) -> Floats:
    """Return tp / predicted."""
    return ratio(tp, predicted)


def recall(tp: Floats, truth: Floats, predicted: Floats) -> Floats:
    """Return tp / truth."""
    return ratio(tp, truth)


def f1(tp: Floats, truth: Floats, predicted: Floats) -> Floats:
    """Return 2 tp / (truth + predicted), the harmonic mean of precision and recall."""
    return ratio(2 * tp, truth + predicted)


def _macro(of: PerClass, statistics: Floats, chosen: Ints) -> Floats:
    return mean_of_known(of(*split(statistics, chosen)))


def _macro_precision(statistics: Floats, chosen: Ints) -> Floats:
    tp, truth, predicted = split(statistics, chosen)
    return mean_of_known(ratio(tp, np.where(truth > 0, np.maximum(predicted, 1.0), predicted)))


def _weighted_f1(statistics: Floats, chosen: Ints) -> Floats:
    tp, truth, predicted = split(statistics, chosen)
    each = np.nan_to_num(f1(tp, truth, predicted))
    return ratio((each * truth).sum(axis=0), truth.sum(axis=0))


def _micro_f1(statistics: Floats, chosen: Ints) -> Floats:
    tp, truth, predicted = split(statistics, chosen)
    return ratio(2 * tp.sum(axis=0), (truth + predicted).sum(axis=0))


def _worst_recall(statistics: Floats, chosen: Ints) -> Floats:
    each = recall(*split(statistics, chosen))
    lowest = np.where(np.isnan(each), np.inf, each).min(axis=0, initial=np.inf)
    return np.where(np.isinf(lowest), np.nan, lowest)


def even(rows: Rows, chosen: Ints) -> Floats:
    """Return (n,) weights with which every chosen class with truth counts alike."""
    return _even(rows.held if rows.several else rows.truth, rows.truth_counts, chosen)


def even_predicted(rows: Rows, chosen: Ints) -> Floats:
    """Return (n,) weights with which every chosen class with predictions counts alike."""
    return _even(rows.claimed if rows.several else rows.predicted, rows.predicted_counts, chosen)


def _even(labels: Mask | Ints, totals: Floats, chosen: Ints) -> Floats:
    share = np.zeros(len(totals))
    share[chosen] = np.nan_to_num(ratio(np.ones(len(chosen)), totals[chosen]))
    return np.asarray(labels @ share if labels.ndim == 2 else share[labels], dtype=np.float64)


def _either(rows: Rows, chosen: Ints) -> Floats:
    return np.asarray((rows.held[:, chosen] | rows.claimed[:, chosen]).any(axis=1), dtype=np.float64)


def plain(rows: Rows, chosen: Ints) -> Floats:
    """Return (n,) 1 for rows that hold a chosen class, else 0."""
    if len(chosen) == rows.k:
        return np.ones(len(rows))
    if rows.several:
        return np.asarray(rows.held[:, chosen].any(axis=1), dtype=np.float64)
    inside = np.zeros(rows.k)
    inside[chosen] = 1.0
    return np.asarray(inside[rows.truth])


def _of_worst(rows: Rows, chosen: Ints) -> Floats:
    each = recall(*split(counts(rows, chosen).statistics(), chosen))[:, 0]
    if np.isnan(each).all():
        return np.zeros(len(rows))
    return even(rows, chosen[[np.nanargmin(each)]])


METRICS.register("balanced_accuracy")(
    Metric("Mean recall over the classes with truth.", counts, partial(_macro, recall), even, labels="one")
)
METRICS.register("macro_f1")(
    Metric("Mean F1 over classes, each counting alike.", counts, partial(_macro, f1), even)
)
METRICS.register("weighted_f1")(
    Metric("Mean F1 over classes, each counting by its rows.", counts, _weighted_f1, plain)
)
METRICS.register("micro_f1")(
    Metric("F1 of all decisions together; with one label a row it is the accuracy.", counts, _micro_f1, plain)
)
METRICS.register("macro_precision")(
    Metric("Mean precision over classes; one that is never predicted counts 0.", counts, _macro_precision, even)
)
METRICS.register("macro_recall")(
    Metric("Mean recall over the classes with truth.", counts, partial(_macro, recall), even)
)
METRICS.register("worst_recall")(
    Metric("Recall of the class with the lowest one.", counts, _worst_recall, _of_worst)
)
METRICS.register("precision")(
    Metric("Share of the rows predicted as the class that are of it.", counts, partial(_macro, precision),
           even_predicted, of_class=True)
)  # fmt: skip
METRICS.register("recall")(
    Metric("Share of the rows of the class that are found.", counts, partial(_macro, recall), even, of_class=True)
)
METRICS.register("f1")(Metric("F1 of the class.", counts, partial(_macro, f1), _either, of_class=True))
