"""Metrics of counts: correct, true and predicted rows of each class.

No confusion matrix is needed: all of these follow from tp, truth and predicted per class (3k numbers), and a
replicate costs 3k sums instead of k².

A class without true and predicted rows is left out of every average. With predicted rows only, F1 and precision
are 0 and recall is left out, as it is not defined; with true rows only, all are 0. For one class alone
(`precision[S]`), 0/0 is not defined.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, cast

import numpy as np
import scipy.sparse as sp

from evenhand.base.values import Floats, Ints, Mask
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows
from evenhand.evaluation.core.metric import Components, Metric
from evenhand.evaluation.core.row_sums import RowSums, mean_of_known, ratio
from evenhand.evaluation.metrics import METRICS

PerClass = Callable[[Floats, Floats, Floats], Floats]
Value = Callable[[Floats, Ints], Floats]


def counts(rows: EvaluatedRows, _chosen: Ints) -> RowSums:
    """Return features whose sums are tp, truth and predicted of each class: (3k,)."""
    return rows.once("counts", partial(_counts, rows))


def _counts(rows: EvaluatedRows) -> RowSums:
    n, k = len(rows), rows.k
    if rows.several:
        where = [np.nonzero(mask) for mask in (rows.held & rows.claimed, rows.held, rows.claimed)]
        row = np.concatenate([rows_ for rows_, _ in where])
        column = np.concatenate([columns + k * part for part, (_, columns) in enumerate(where)])
        return RowSums((n, 3 * k), row, column)
    truth, predicted, every = rows.truth, rows.predicted, np.arange(n)
    right = np.flatnonzero(truth == predicted)
    row = np.concatenate([right, every, every])
    column = np.concatenate([truth[right], truth + k, predicted + 2 * k])
    # Rows of one cell of the confusion matrix are interchangeable, so a replicate may count cells instead of
    # rows.
    return RowSums((n, 3 * k), row, column, pattern=truth * k + predicted)


def split(statistics: Floats, chosen: Ints) -> tuple[Floats, Floats, Floats]:
    """Return tp, truth and predicted counts of the chosen classes, (c, b) each."""
    tp, truth, predicted = statistics.reshape(3, -1, statistics.shape[1])
    # Indexing would copy every batch of replicates; of all classes a view will do.
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


def known_precision(tp: Floats, truth: Floats, predicted: Floats) -> Floats:
    """Return tp / predicted, 0 for a class with true rows that is never predicted."""
    # tp is 0 where nothing is predicted, so that any divisor gives 0; without true rows 0/0 stays NaN.
    return ratio(tp, np.where(truth > 0, np.maximum(predicted, 1.0), predicted))


def _weighted_f1(statistics: Floats, chosen: Ints) -> Floats:
    tp, truth, predicted = split(statistics, chosen)
    each = np.nan_to_num(f1(tp, truth, predicted))
    return ratio((each * truth).sum(axis=0), truth.sum(axis=0))


def _micro_f1(statistics: Floats, chosen: Ints) -> Floats:
    tp, truth, predicted = split(statistics, chosen)
    return ratio(2 * tp.sum(axis=0), (truth + predicted).sum(axis=0))


def _micro_precision(statistics: Floats, chosen: Ints) -> Floats:
    tp, _, predicted = split(statistics, chosen)
    return ratio(tp.sum(axis=0), predicted.sum(axis=0))


def _micro_recall(statistics: Floats, chosen: Ints) -> Floats:
    tp, truth, _ = split(statistics, chosen)
    return ratio(tp.sum(axis=0), truth.sum(axis=0))


def _worst_recall(statistics: Floats, chosen: Ints) -> Floats:
    each = recall(*split(statistics, chosen))
    # Not `nanmin`, which warns for a replicate in which no chosen class has a row.
    lowest = np.where(np.isnan(each), np.inf, each).min(axis=0, initial=np.inf)
    return np.where(np.isinf(lowest), np.nan, lowest)


def even(rows: EvaluatedRows, chosen: Ints) -> Floats:
    """Return (n,) weights that give every chosen class with true rows the same total."""
    return _even(rows.held if rows.several else rows.truth, rows.truth_counts, chosen)


def even_predicted(rows: EvaluatedRows, chosen: Ints) -> Floats:
    """Return (n,) weights that give every chosen class with predicted rows the same total."""
    return _even(rows.claimed if rows.several else rows.predicted, rows.predicted_counts, chosen)


def _even(labels: Mask | Ints, totals: Floats, chosen: Ints) -> Floats:
    share = np.zeros(len(totals))
    share[chosen] = np.nan_to_num(ratio(np.ones(len(chosen)), totals[chosen]))
    return np.asarray(labels @ share if labels.ndim == 2 else share[labels], dtype=np.float64)


def _either(rows: EvaluatedRows, chosen: Ints) -> Floats:
    return np.asarray((rows.held[:, chosen] | rows.claimed[:, chosen]).any(axis=1), dtype=np.float64)


def plain(rows: EvaluatedRows, chosen: Ints) -> Floats:
    """Return (n,) 1 for rows of a chosen class, else 0."""
    if len(chosen) == rows.k:
        return np.ones(len(rows))
    if rows.several:
        return np.asarray(rows.held[:, chosen].any(axis=1), dtype=np.float64)
    inside = np.zeros(rows.k)
    inside[chosen] = 1.0
    return np.asarray(inside[rows.truth])


def _of_worst(rows: EvaluatedRows, chosen: Ints) -> Floats:
    """Return (n,) the weights of the class with the lowest recall; of ties, the one with the least support."""
    each = recall(*split(counts(rows, chosen).statistics(), chosen))[:, 0]
    if np.isnan(each).all():
        return np.zeros(len(rows))
    lowest = chosen[each == np.nanmin(each)]
    # `lexsort` takes its last key first, hence the reversed order.
    return even(rows, lowest[[int(np.lexsort(_support(rows, lowest)[::-1])[0])]])


def _support(rows: EvaluatedRows, classes: Ints) -> list[Floats]:
    """Return rows, effective groups and groups of each class: the keys, in this order, to compare support."""
    if rows.groups is None:
        return [rows.truth_counts[classes]]
    by_group = np.stack([np.bincount(rows.groups, weights=rows.held[:, c]) for c in classes])
    effective = ratio(by_group.sum(axis=1) ** 2, (by_group**2).sum(axis=1))
    return [rows.truth_counts[classes], effective, (by_group > 0).sum(axis=1).astype(np.float64)]


def _sparse(mask: Mask) -> sp.csr_array[Any]:
    return cast("sp.csr_array[Any]", sp.csr_array(mask, dtype=np.float64))


def _columns(matrix: sp.csr_array[Any], chosen: Ints) -> sp.csr_array[Any]:
    return matrix[:, chosen]


def held(rows: EvaluatedRows, chosen: Ints) -> sp.csr_array[Any]:
    """Return (n, c) 1 for rows of each chosen class."""
    return _columns(rows.once("held", lambda: _sparse(rows.held)), chosen)


def claimed(rows: EvaluatedRows, chosen: Ints) -> sp.csr_array[Any]:
    """Return (n, c) 1 for rows predicted as each chosen class."""
    return _columns(rows.once("claimed", lambda: _sparse(rows.claimed)), chosen)


def either(rows: EvaluatedRows, chosen: Ints) -> sp.csr_array[Any]:
    """Return (n, c) 1 for rows of each chosen class or predicted as it."""
    return _columns(rows.once("either", lambda: _sparse(rows.held | rows.claimed)), chosen)


def _all_decisions(rows: EvaluatedRows, chosen: Ints) -> sp.csr_array[Any]:
    return sp.csr_array(either(rows, chosen).sum(axis=1)[:, None])


def _true_decisions(rows: EvaluatedRows, chosen: Ints) -> sp.csr_array[Any]:
    return sp.csr_array(held(rows, chosen).sum(axis=1)[:, None])


def _positive_decisions(rows: EvaluatedRows, chosen: Ints) -> sp.csr_array[Any]:
    return sp.csr_array(claimed(rows, chosen).sum(axis=1)[:, None])


def _claims(rows: EvaluatedRows, chosen: Ints) -> Floats:
    return np.asarray(rows.claimed[:, chosen].any(axis=1), dtype=np.float64)


def _of(each: PerClass, statistics: Floats, chosen: Ints) -> Floats:
    return each(*split(statistics, chosen))


def _alone(value: Value, statistics: Floats, chosen: Ints) -> Floats:
    return value(statistics, chosen)[None]


# `truth` is what a class weighs by: F1 and precision are shares of other rows than those of the class.
RECALLS = Components(partial(_of, recall), held)
PRECISIONS = Components(partial(_of, known_precision), claimed, truth=held)
F1S = Components(partial(_of, f1), either, kind="f1", truth=held)


METRICS.register("balanced_accuracy")(
    Metric("Mean recall over the classes with truth.", counts, partial(_macro, recall), even, labels="one",
           parts=RECALLS)
)  # fmt: skip
METRICS.register("macro_f1")(
    Metric("Mean F1 over classes, each counting alike.", counts, partial(_macro, f1), even, parts=F1S)
)
METRICS.register("weighted_f1")(
    Metric("Mean F1 over classes, each counting by its rows.", counts, _weighted_f1, plain,
           parts=replace(F1S, combine="weighted"))
)  # fmt: skip
METRICS.register("micro_f1")(
    Metric("F1 of all decisions together; with one label a row it is the accuracy.", counts, _micro_f1, plain,
           parts=Components(partial(_alone, _micro_f1), _all_decisions, kind="f1"))
)  # fmt: skip
METRICS.register("micro_precision")(
    Metric("Share of all predicted labels that hold; with one label a row it is the accuracy.", counts,
           _micro_precision, _claims,
           parts=Components(partial(_alone, _micro_precision), _positive_decisions, kind="share"))
)  # fmt: skip
METRICS.register("micro_recall")(
    Metric("Share of all labels that hold which are found; with one label a row it is the accuracy.", counts,
           _micro_recall, plain, parts=Components(partial(_alone, _micro_recall), _true_decisions, kind="share"))
)  # fmt: skip
METRICS.register("macro_precision")(
    Metric("Mean precision over classes; one that is never predicted counts 0.", counts,
           partial(_macro, known_precision), even, parts=PRECISIONS)
)  # fmt: skip
METRICS.register("macro_recall")(
    Metric("Mean recall over the classes with truth.", counts, partial(_macro, recall), even, parts=RECALLS)
)
METRICS.register("worst_recall")(
    Metric("Recall of the class with the lowest one.", counts, _worst_recall, _of_worst,
           parts=replace(RECALLS, combine="lowest"))
)  # fmt: skip
METRICS.register("precision")(
    Metric("Share of the rows predicted as the class that are of it.", counts, partial(_macro, precision),
           even_predicted, of_class=True, parts=Components(partial(_of, precision), claimed, truth=held))
)  # fmt: skip
METRICS.register("recall")(
    Metric("Share of the rows of the class that are found.", counts, partial(_macro, recall), even, of_class=True,
           parts=RECALLS)
)  # fmt: skip
METRICS.register("f1")(Metric("F1 of the class.", counts, partial(_macro, f1), _either, of_class=True, parts=F1S))
