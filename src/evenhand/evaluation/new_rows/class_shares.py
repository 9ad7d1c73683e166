"""How often each class is predicted, against how often it is true, or against how often the run predicted it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import stats

from evenhand.base.text.unique_names import unique_names
from evenhand.base.values import Ints, Mask, Predictions
from evenhand.evaluation.audit.groups import exact_interval
from evenhand.evaluation.comparison.verdicts import holm
from evenhand.evaluation.core.evaluated_rows import rows_of
from evenhand.evaluation.figures.evaluate import labelled
from evenhand.evaluation.figures.row_share import share
from evenhand.evaluation.new_rows.design_effect import design_effect

Direction = Literal["over", "under", "as expected"]


@dataclass(frozen=True)
class ClassShare:
    """How often one class is predicted.

    Attributes
    ----------
    name
        The class.
    predicted, expected
        Rows predicted as it; rows of it, or the rows that the run would have predicted as it among as many.
    difference, low, high
        Share of rows predicted minus share expected, with its 95 % interval, of this class alone.
    p
        p-value of an exact test of no difference, adjusted over the classes (Holm 1979).
    direction
        "over" or "under" where p is below 0.05, else "as expected".
    taken
        Share of the rows of other classes that are predicted as it; None without truth.
    """

    name: str
    predicted: int
    expected: float
    difference: float
    low: float
    high: float
    p: float
    direction: Direction
    taken: float | None = None

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return dict(vars(self))


def shares_against_truth(p: Predictions, *, alpha: float = 0.05, draws: int = 2000) -> list[ClassShare]:
    """Return for each class how often it is predicted against how often it is true, on the same rows.

    The test is exact: if prediction and truth could be exchanged, the surplus of every group (rows predicted as the
    class minus rows of it) would be positive or negative with equal probability. Where every row is its own group
    this is McNemar's exact test (1947). Classes that are neither predicted nor true are left out.

    Parameters
    ----------
    p
        Predictions; rows without a known truth are ignored.
    alpha
        Family-wise error rate over the classes.
    draws
        Bootstrap replicates of the intervals.
    """
    p = labelled(p)
    rows = rows_of(p)
    claimed = rows.claimed if rows.several else np.eye(p.k, dtype=bool)[p.predicted]
    held = rows.held if rows.several else np.eye(p.k, dtype=bool)[rows.truth]
    group = np.arange(len(p)) if p.groups is None else unique_names(p.groups)[1]
    there = np.flatnonzero((claimed | held).any(axis=0))
    tests = np.array([sign_flip_test(_sums(claimed[:, c], held[:, c], group)) for c in there])
    adjusted = holm(tests, alpha)[1]
    found = []
    for c, value in zip(there, adjusted, strict=True):
        own = rows.known[:, c]  # rows in which it is not known whether the class holds tell nothing
        surplus = (claimed[:, c].astype(np.float64) - held[:, c])[own]
        # From -1..1 to the shares in 0..1 whose intervals over groups are known, and back.
        figure = share((surplus + 1) / 2, p if own.all() else p.take(own), draws=draws)
        others = own & ~held[:, c]
        found.append(
            ClassShare(
                p.classes[c],
                int(claimed[:, c].sum()),
                float(held[:, c].sum()),
                float(surplus.mean()),
                2 * figure.low - 1,
                2 * figure.high - 1,
                float(value),
                _direction(float(surplus.mean()), float(value), alpha),
                float(claimed[others, c].mean()) if others.any() else None,
            )
        )
    return sorted(found, key=lambda one: (-one.difference, one.name))


def shares_against_run(p: Predictions, held_out: Predictions, *, alpha: float = 0.05) -> list[ClassShare]:
    """Return for each class how often it is predicted against how often the model predicts held-out rows as it.

    The test is Fisher's exact one (1935), on numbers of rows that are divided by the design effect of the class in
    the held-out rows: rows of a group are predicted alike. Intervals are exact and treat the share of the run as
    known.

    Parameters
    ----------
    p
        Predictions of new rows; no truth is needed.
    held_out
        Out-of-fold predictions of the model.
    alpha
        Family-wise error rate over the classes.
    """
    new, run = claimed_classes(p), claimed_classes(held_out)
    there = np.flatnonzero(new.any(axis=0) | run.any(axis=0))
    rest = [_against(new[:, c], run[:, c], p, held_out) for c in there]
    adjusted = holm(np.array([one[0] for one in rest]), alpha)[1]
    found = []
    for c, value, (_, low, high) in zip(there, adjusted, rest, strict=True):
        usual = float(run[:, c].mean())
        difference = float(new[:, c].mean()) - usual
        found.append(
            ClassShare(
                p.classes[c],
                int(new[:, c].sum()),
                usual * len(p),
                difference,
                low - usual,
                high - usual,
                float(value),
                _direction(difference, float(value), alpha),
            )
        )
    return sorted(found, key=lambda one: (-one.difference, one.name))


def claimed_classes(p: Predictions) -> Mask:
    """Return (n, k) bool: whether a row is predicted as a class."""
    return np.asarray(p.probabilities >= 0.5) if p.multi_label else np.eye(p.k, dtype=bool)[p.predicted]


def _against(new: Mask, run: Mask, p: Predictions, held_out: Predictions) -> tuple[float, float, float]:
    """Return the p-value of Fisher's test, and the limits of the share of new rows."""
    effect = design_effect(run, held_out.groups)
    of_new = len(new) / max(effect, design_effect(new, p.groups))
    counts = [_whole(new.mean(), of_new), _whole(run.mean(), len(run) / effect)]
    low, high = exact_interval(np.array([new.mean() * of_new]), np.array([of_new]), 0.95)
    return float(stats.fisher_exact(np.array(counts))[1]), float(low[0]), float(high[0])


def _whole(mean: float, n: float) -> list[int]:
    hit = round(mean * n)
    return [hit, max(round(n), 1) - hit]


def _sums(claimed: Mask, held: Mask, group: Ints) -> Ints:
    return np.bincount(group, weights=claimed.astype(np.float64) - held).round().astype(np.int64)


def sign_flip_test(sums: Sequence[int] | Ints) -> float:
    """Return the two-sided p-value of the sum of integers whose signs are random under the null hypothesis.

    The distribution is exact: integers of equal size are a binomial, and their sizes are convolved.

    >>> round(sign_flip_test([1, 1, 1, 1, 1, 1]), 5)
    0.03125
    >>> sign_flip_test([6])
    1.0
    """
    sizes, counts = np.unique(np.abs(np.asarray(sums, dtype=np.int64)), return_counts=True)
    distribution = np.ones(1)  # of the number of units with a positive sign, in rows
    for size, count in zip(sizes[sizes > 0], counts[sizes > 0], strict=True):
        step = np.zeros(int(size * count) + 1)
        step[:: int(size)] = stats.binom.pmf(np.arange(count + 1), count, 0.5)
        distribution = np.convolve(distribution, step)
    reach = len(distribution) - 1
    observed = abs(int(np.sum(sums)))
    far = np.abs(2 * np.arange(reach + 1) - reach) >= observed
    return float(min(distribution[far].sum(), 1.0))


def _direction(difference: float, p: float, alpha: float) -> Direction:
    if p >= alpha:
        return "as expected"
    return "over" if difference > 0 else "under"


def most_taken(shares: Sequence[ClassShare], *, least: float = 0.1, ratio: float = 1.5) -> list[ClassShare]:
    """Return the classes that swallow others, the worst first (EH303).

    Predicted significantly too often, at least `ratio` times as often as they are true or usual, and for at least
    `least` of the rows of other classes (without truth: `least` of the rows more than usual).
    """
    found = [
        one
        for one in shares
        if one.direction == "over"
        and one.predicted >= ratio * one.expected
        and (one.difference if one.taken is None else one.taken) >= least
    ]
    return sorted(found, key=lambda one: -(one.difference if one.taken is None else one.taken))
