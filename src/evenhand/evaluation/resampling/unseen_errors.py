"""The uncertainty of a difference from unseen errors in rare classes.

Replicates repeat the available rows. If two models agree on the nine rows of a class, they are equal on it in every
replicate, but the true difference may still be 0.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from evenhand.base.values import Floats, Ints, Mask
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows
from evenhand.evaluation.core.metric import Measure
from evenhand.evaluation.core.row_sums import ratio
from evenhand.evaluation.resampling.component_intervals import part_support
from evenhand.evaluation.resampling.intervals import MOST_UNSEEN, support

BY_CHANCE = 0.5
"""How far one more row, ranked at random, would lower a perfect area under the ROC curve, counted in rows."""


@dataclass(frozen=True, eq=False)
class ClassCounts:
    """The possible effect of unseen errors in the classes of a mean of c figures.

    Attributes
    ----------
    weight
        The weight of the metric in the sum.
    row
        (c,) the effect on the metric of one effective row of each class on which the two models differ.
    most
        (c,) the effect of all rows of each class: its share of the metric.
    blank
        The possible effect of classes without rows.
    """

    weight: float
    row: Floats
    most: Floats
    blank: float

    def reach(self, alpha: float) -> float:
        """Return the largest effect of unseen rows on the difference at the level 1 - `alpha`.

        The expected number of events of a kind that was never seen is at most -ln(alpha) (the mid-P limit of a
        Poisson mean; Lancaster 1961). Their effect is largest in the class with the largest effect per row, as in
        the gamma limits of weighted sums (Fay & Feuer 1997).
        """
        most = float(np.minimum(-np.log(alpha) * self.row, self.most).max(initial=0.0))
        return self.weight * float(np.sqrt(most**2 + self.blank**2))


@dataclass(frozen=True, eq=False)
class Minima:
    """Two minima over c classes, with the figures and paired differences of each class.

    Attributes
    ----------
    weight
        How much the metric weighs in the whole.
    a, b
        (c,) figures in 0..1; of a class without a row 1. `b` is None where what is subtracted is a constant.
    gain, loss
        (c,) share of the rows on which only `a` is right, and only `b`.
    rows
        (c,) effective rows.
    """

    weight: float
    a: Floats
    b: Floats | None
    gain: Floats
    loss: Floats
    rows: Floats

    def reach(self, alpha: float) -> float:
        """Return half the width of the interval of the difference, on its wider side, but for a chance of `alpha`.

        A class can lower the difference as far as its own paired difference goes, and as far as it can be the
        lowest of `a` at all. The limits of a paired difference follow from those of gains and losses by the method
        of variance estimates recovery (Newcombe 1998; Zou & Donner 2008), each after Wilson (1927).
        """
        step = float(special.ndtri(alpha / 2)) ** 2 / np.maximum(self.rows, 1e-9)
        if self.b is None:
            low, high = _wilson(self.a, step)
            return self.weight * float(max(self.a.min() - low.min(), (high - self.a)[self.a == self.a.min()].max()))
        (less, more), (fewer, further) = _wilson(self.gain, step), _wilson(self.loss, step)
        down = _joined(self.gain - less, further - self.loss)
        up = _joined(more - self.gain, self.loss - fewer)
        apart, by = self.a - self.b, float(self.a.min() - self.b.min())
        low = np.maximum(apart - down, _wilson(self.a, step)[0] - self.b.min()).min()
        high = np.maximum(-apart - up, _wilson(self.b, step)[0] - self.a.min()).min()
        return self.weight * float(max(by - low, -by - high, 0.0))


@dataclass(frozen=True, eq=False)
class Hidden:
    """The possible effect of unseen rows on a difference.

    Attributes
    ----------
    means, minima
        One for each metric in it that is an average of several figures, or the lowest of them.
    why
        Why the sample is too small for any difference, or "".
    mixed
        Whether the sum has other metrics beside a minimum.
    """

    means: tuple[ClassCounts, ...] = ()
    minima: tuple[Minima, ...] = ()
    why: str = ""
    mixed: bool = False

    def widened(self, own: float, alpha: float) -> float:
        """Return half the width of an interval whose half width by replicates is `own`, at the level 1 - `alpha`.

        Hidden rows of several metrics are taken for the same rows, so what they add is summed before it is squared.
        The interval of two lowest figures alone already holds what their own rows show.
        """
        unseen = sum(one.reach(alpha) for one in self.means) + sum(one.reach(alpha) for one in self.minima)
        return float(np.sqrt(own * own + unseen * unseen)) if self.means or self.mixed else max(own, unseen)

    def __bool__(self) -> bool:
        return bool(self.means or self.minima)


NOTHING = Hidden()
"""For a difference in which every row has the same weight."""


def hidden(one: Measure, groups: Ints | None) -> Hidden:
    """Return the possible effect of unseen rows on a measure.

    Parameters
    ----------
    one
        A difference or a sum, made by `combined`.
    groups
        (n,) group numbers 0..g-1, or None.
    """
    means, minima, why = [], [], []
    for weight, a, b in _pairs(one.metric.terms):
        sides = [a] if b is None else [a, b]
        why += [_few(side, groups) for side in sides]
        intraclass = 0.0 if groups is None else _intraclass(a, b, groups)
        seen = [own for side in sides if (own := _seen(side, intraclass, groups)) is not None]
        if not seen:
            continue
        blank = ~np.logical_and.reduce([own.known for own in seen])
        if blank.mean() > MOST_UNSEEN:
            why.append(f"{blank.mean():.0%} of the classes have no row")
        if a.metric.parts is not None and a.metric.parts.combine == "lowest":
            minima.append(_minima(weight, a, b, seen, blank))
        else:
            row = np.maximum.reduce([own.row for own in seen])
            most = np.maximum.reduce([own.share for own in seen])
            means.append(ClassCounts(weight, row * ~blank, most, float(np.linalg.norm(most[blank]))))
    return Hidden(tuple(means), tuple(minima), next(filter(None, why), ""), len(one.metric.terms) > 2)


def _pairs(terms: Sequence[tuple[float, Measure]]) -> Iterator[tuple[float, Measure, Measure | None]]:
    """Yield the weight of each metric in a sum with the measures of which it is the difference.

    The second is None where a metric stands alone, or against a figure that has no parts, such as that by chance.
    """
    left = list(terms)
    while left:
        weight, a = left.pop(0)
        same = [at for at, (by, b) in enumerate(left) if by == -weight and _asks_alike(a, b)]
        if same and (b := left.pop(same[0])[1]).metric.parts is not None:
            yield abs(weight), a, b
        elif a.metric.parts is not None or a.metric.few is not None:
            yield abs(weight), a, None


def _asks_alike(a: Measure, b: Measure) -> bool:
    return a.metric.description == b.metric.description and np.array_equal(a.chosen, b.chosen)


@dataclass(frozen=True, eq=False)
class _Seen:
    """Estimates and support of the c parts of one measure."""

    figure: Floats
    rows: Floats
    known: Mask
    row: Floats
    share: Floats


def _seen(one: Measure, intraclass: float, groups: Ints | None) -> _Seen | None:
    """Return what is known of the parts of a measure; None where it has none, or one, whose rows `Support` counts.

    Parameters
    ----------
    intraclass
        Intraclass correlation of correctness within groups (0..1).
    """
    parts = one.metric.parts
    if parts is None:
        return None
    figure = parts.values(one.features.statistics(), one.chosen)[:, 0]
    if len(figure) < 2:
        return None
    rows, size, _ = part_support(one, parts.rows, groups)
    held = rows if parts.truth is None else part_support(one, parts.truth, groups)[0]
    known = np.isfinite(figure) & (rows > 0) & (held > 0)
    effective = rows / (1 + intraclass * np.maximum(size - 1, 0.0))
    share = held / max(held.sum(), 1.0) if parts.combine == "weighted" else np.full(len(rows), 1 / len(rows))
    slope = np.full(len(rows), BY_CHANCE if parts.kind == "area" else 1.0)
    if parts.kind == "f1":  # F1 = 2J / (1 + J), and J is the share of these rows that are right
        # Hence dF1/dJ = 2 / (1 + J)² = (2 - F1)² / 2.
        slope = (2 - np.where(known, figure, 1.0)) ** 2 / 2
    row = share * slope / np.maximum(effective, 1e-9)
    return _Seen(np.where(known, figure, 1.0), effective, known, row, share)


def _intraclass(a: Measure, b: Measure | None, groups: Ints) -> float:
    """Return the intraclass correlation of correctness within groups (of `a` alone, or of `a` minus `b`).

    Over the pairs of rows that share a group: their covariance over the variance of a row. One perfectly correlated
    pair is added, so that a few differing rows do not suggest that groups are irrelevant.
    """
    gain = _right(a.rows) - (0.0 if b is None else _right(b.rows))
    gain = gain - gain.mean()
    size, total, squares = (np.bincount(groups, weights=of) for of in (np.ones(len(gain)), gain, gain**2))
    together = float((total**2 - squares).sum())
    wholly = float((squares * (size - 1)).sum())
    # The added pair counts 2, as every pair is in the sums in both orders.
    return (max(together, 0.0) + 2) / (max(wholly, together, 0.0) + 2)


def _right(rows: EvaluatedRows) -> Floats:
    """Return (n,) the share of the labels of each row that are right; of one label 1 or 0."""
    if rows.several:
        return np.asarray((rows.held == rows.claimed).mean(axis=1))
    return np.asarray(rows.predicted == rows.truth, dtype=np.float64)


def _minima(weight: float, a: Measure, b: Measure | None, seen: Sequence[_Seen], blank: Mask) -> Minima:
    """Return the figures of a difference of two minima; unpaired where several labels may hold."""
    # At 1 an empty class is never the lowest; with 0 rows its limits span the whole range.
    figures = [np.where(blank, 1.0, own.figure) for own in seen]
    rows = np.where(blank, 0.0, np.minimum.reduce([own.rows for own in seen]))
    if b is None:
        return Minima(weight, figures[0], None, figures[0], np.zeros(len(rows)), rows)
    gain, loss = figures
    if not a.rows.several:
        gain, loss = (_only(one, other) for one, other in ((a, b), (b, a)))
    return Minima(weight, figures[0], figures[1], gain, loss, rows)


def _only(a: Measure, b: Measure) -> Floats:
    """Return (c,) the share of the rows of each part on which `a` is right and `b` is not."""
    assert a.metric.parts is not None
    matrix = a.metric.parts.rows(a.rows, a.chosen)
    rows = np.asarray(matrix.sum(axis=0), dtype=np.float64).ravel()
    ahead = np.maximum(_right(a.rows) - _right(b.rows), 0.0)
    return np.nan_to_num(ratio(np.asarray(matrix.T @ ahead).ravel(), rows))


def _few(one: Measure, groups: Ints | None) -> str:
    """Return why a metric needs more groups, or ""."""
    return "" if one.metric.few is None else one.metric.few(support(one.base(), groups).groups)


def _wilson(share: Floats, step: Floats) -> tuple[Floats, Floats]:
    """Return Wilson's (1927) limits of shares; `step` is the squared quantile over the number of rows."""
    middle = (share + step / 2) / (1 + step)
    half = np.sqrt(step * share * (1 - share) + step**2 / 4) / (1 + step)
    return np.clip(middle - half, 0.0, share), np.clip(middle + half, share, 1.0)


def _joined(one: Floats, other: Floats) -> Floats:
    return np.asarray(np.sqrt(one * one + other * other))
