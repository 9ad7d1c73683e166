"""Correlation between truth and prediction."""

from __future__ import annotations

import numpy as np

from evenhand.base.values import Floats, Ints
from evenhand.evaluation.core.metric import Metric
from evenhand.evaluation.core.row_sums import ratio
from evenhand.evaluation.metrics import METRICS
from evenhand.evaluation.metrics.counts import counts, plain


def _matthews(statistics: Floats, _chosen: Ints) -> Floats:
    """Return (b,) Gorodkin's R_K (2004, eq. 8); 0 if only one class is predicted, NaN if only one class occurs.

    Its terms are sums over all classes, so a named set of classes does not change it.
    """
    right, truth, predicted = statistics.reshape(3, -1, statistics.shape[1])
    rows = truth.sum(axis=0)
    covariance = right.sum(axis=0) * rows - (truth * predicted).sum(axis=0)
    of_truth, of_predicted = (rows**2 - (sums**2).sum(axis=0) for sums in (truth, predicted))
    found = ratio(covariance, np.sqrt(of_truth * of_predicted))
    return np.where((of_truth > 0) & (of_predicted <= 0), 0.0, found)


METRICS.register("matthews")(
    Metric("Matthews correlation of truth and prediction over all classes (Gorodkin 2004).", counts, _matthews,
           plain, labels="one", lower_bound=-1.0)
)  # fmt: skip
