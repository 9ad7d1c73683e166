"""Metrics as functions of sums over rows, so that a bootstrap replicate costs one sparse product."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import scipy.sparse as sp

from evenhand.base.values import Floats, Interval, Ints
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows
from evenhand.evaluation.core.row_sums import RowSums

LabelTask = Literal["one", "several", "any"]
Kind = Literal["share", "f1", "area", "mean"]
Combine = Literal["mean", "weighted", "lowest"]
Weights = Callable[[EvaluatedRows, Ints], "sp.csr_array[Any]"]


@dataclass(frozen=True)
class Components:
    """The figures that a metric combines, mostly one per class; each may rest on few rows.

    Attributes
    ----------
    values
        ((r, b) statistics, chosen classes) -> (c, b) figures between 0 and 1; NaN where one is not defined.
    rows
        (rows, chosen classes) -> (n, c) weights of the rows in each of them.
    kind
        "share": the accuracy of these rows; "f1": the F1 of these rows, which are of the class or predicted as it;
        "area": their ranking against all others; "mean": the mean of a number in 0..1 per row.
    truth
        Likewise, only rows of the class; None where `rows` are. A class without such a row is not known, whatever
        is predicted as it.
    combine
        "mean": equal weights; "weighted": by rows of truth; "lowest": the minimum.
    """

    values: Callable[[Floats, Ints], Floats]
    rows: Weights
    kind: Kind = "share"
    combine: Combine = "mean"
    truth: Weights | None = None


@dataclass(frozen=True)
class Metric:
    """A figure of predictions, written so that one bootstrap serves all metrics.

    Attributes
    ----------
    description
        A description in one sentence.
    features
        (rows, chosen classes) -> the numbers per row whose sums determine it.
    value
        ((r, b) statistics, chosen classes) -> (b,) the figure of each replicate; NaN where it is not defined.
    base
        (rows, chosen classes) -> (n,) weight of each row in it (not negative); 0 for rows it ignores.
    labels
        Whether it applies to one label per row, to several, or to both.
    of_class
        Whether it is about one class and needs its name: `recall[S]`.
    higher_is_better
        False for losses and errors.
    lower_bound, upper_bound
        Its smallest and its largest value; the latter is infinity where it has none. Intervals, sums of metrics and
        the selection report stay within them.
    of_groups
        Whether it compares groups of rows and needs them.
    interval
        (measure, groups, draws=, level=, seed=) -> its interval, for a metric whose replicates do not reflect its
        uncertainty; None where they do.
    parts
        The figures it combines, so that its interval allows for the least supported one; None if there are none.
    cost
        For a loss: (rows, chosen classes) -> (n,) the loss of each row if its most probable class were wrong.
    few
        (number of groups) -> why these are too few, or "" where they are enough.
    limits
        ((r, 1) statistics, level) -> limits that the interval must include whatever the replicates show.
    chance
        Its value where predictions say nothing of the truth, if that is one number (0 for a coefficient of
        agreement); None if it depends on the rows. Metrics of class counts need none (`selection.chance`).
    takes_degrees
        Whether it takes soft labels as they are; of others, `truth_threshold` makes a yes or no.
    terms
        For a sum: the weights and measures it consists of; none of them is itself a sum.
    """

    description: str
    features: Callable[[EvaluatedRows, Ints], RowSums]
    value: Callable[[Floats, Ints], Floats]
    base: Callable[[EvaluatedRows, Ints], Floats]
    labels: LabelTask = "any"
    of_class: bool = False
    higher_is_better: bool = True
    lower_bound: float = 0.0
    upper_bound: float = 1.0
    of_groups: bool = False
    interval: Callable[..., Interval] | None = None
    parts: Components | None = None
    cost: Callable[[EvaluatedRows, Ints], Floats] | None = None
    few: Callable[[int], str] | None = None
    limits: Callable[[Floats, float], tuple[float, float]] | None = None
    chance: float | None = None
    takes_degrees: bool = False
    terms: tuple[tuple[float, Measure], ...] = ()

    @property
    def bounds(self) -> tuple[float, float]:
        """Its smallest and its largest value."""
        return self.lower_bound, self.upper_bound


@dataclass(frozen=True)
class Numbered:
    """A metric with a whole number in its name: "top_k" stands for top_3, top_5 and so on.

    Attributes
    ----------
    description
        A description in one sentence.
    at
        Number -> the metric.
    lowest, highest
        The smallest and the largest number allowed.
    """

    description: str
    at: Callable[[int], Metric]
    lowest: int = 1
    highest: int = 10**9


@dataclass(frozen=True, eq=False)
class Measure:
    """A metric tied to rows and to the classes that count.

    Attributes
    ----------
    metric
        The metric.
    rows
        The rows it is computed from.
    chosen
        Positions of the classes that count.
    features
        Its features; measures that share them are resampled together.
    """

    metric: Metric
    rows: EvaluatedRows
    chosen: Ints
    features: RowSums

    def value(self, statistics: Floats) -> Floats:
        """Return (b,) the figure from (r, b) statistics."""
        return self.metric.value(statistics, self.chosen)

    def estimate(self, statistics: Floats | None = None) -> float:
        """Return the figure on all rows, without resampling."""
        return float(self.value(self.features.statistics() if statistics is None else statistics)[0])

    def base(self) -> Floats:
        """Return (n,) the weight of each row."""
        return self.metric.base(self.rows, self.chosen)


def measure(metric: Metric, rows: EvaluatedRows, chosen: Ints) -> Measure:
    """Return the metric tied to rows and classes."""
    return Measure(metric, rows, chosen, metric.features(rows, chosen))
