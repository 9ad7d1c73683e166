"""Micro averages of ranking: every decision on a class of a row in one order, whatever its class.

`average="micro"` of scikit-learn and torchmetrics. Unlike the means over classes they reward probabilities that are
comparable between classes, and frequent classes decide.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from evenhand.base.values import Floats, Ints
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows
from evenhand.evaluation.core.metric import Components, Metric
from evenhand.evaluation.core.row_sums import RowSums
from evenhand.evaluation.metrics import METRICS
from evenhand.evaluation.metrics.counts import held
from evenhand.evaluation.metrics.ranking import ordered


def pooled(rows: EvaluatedRows, chosen: Ints) -> RowSums:
    """Return features whose statistics are the ROC area and the average precision of all known cells: (2,)."""

    def made() -> RowSums:
        row, column = np.nonzero(rows.known[:, chosen])
        cells = row, chosen[column]
        return ordered(len(rows), [(row, rows.probabilities[cells], rows.held[cells])])

    # By content: an array is not hashable, and the id of a temporary one may be reused.
    return rows.once(("pooled", chosen.tobytes()), made)


def _area(statistics: Floats, _chosen: Ints) -> Floats:
    return np.asarray(statistics[0])


def _precision(statistics: Floats, _chosen: Ints) -> Floats:
    return np.asarray(statistics[1])


def _precision_alone(statistics: Floats, _chosen: Ints) -> Floats:
    return statistics[1:2]


def positives(rows: EvaluatedRows, chosen: Ints) -> Floats:
    """Return (n,) how many of the chosen classes hold for each row."""
    return np.asarray(rows.held[:, chosen].sum(axis=1), dtype=np.float64)


def _positive_cells(rows: EvaluatedRows, chosen: Ints) -> sp.csr_array[Any]:
    return sp.csr_array(held(rows, chosen).sum(axis=1)[:, None])


METRICS.register("micro_roc_auc")(
    Metric("Area under the ROC curve of all classes of all rows in one order.", pooled, _area, positives)
)
METRICS.register("micro_average_precision")(
    Metric("Average precision of all classes of all rows in one order.", pooled, _precision, positives,
           parts=Components(_precision_alone, _positive_cells, kind="mean"))
)  # fmt: skip
