"""Intervals of figures that combine parts, such as classes, with limits for parts of few rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy import special

from evenhand.base.values import Floats, Ints, Mask
from evenhand.evaluation.core.metric import Components, Kind, Measure, Weights
from evenhand.evaluation.core.row_sums import ratio
from evenhand.evaluation.resampling.rare_event_limits import area_limits, area_variance, share_limits

PRIOR_ROWS = 10.0
"""Prior rows, in the weight of a part's own design effect against the one pooled over parts."""


@dataclass(frozen=True)
class PartLimits:
    """Limits of a figure from its parts.

    Attributes
    ----------
    low, high
        Of the figure.
    unseen
        Share of the figure without any row: empty classes. 0 for a mean weighted by rows, where an empty class has
        no weight.
    """

    low: float
    high: float
    unseen: float


@dataclass(frozen=True)
class _Seen:
    """Estimates and support of c parts.

    Attributes
    ----------
    figure
        (c,) the figures, NaN where not defined.
    variance
        (c,) variances over replicates, corrected for the number of groups.
    rows
        (c,) rows of each part; all other rows are `others`.
    own
        (c,) rows of the class, the weights of a weighted mean; a class without any is not known.
    groups
        (c,) effective groups; infinite without groups.
    size
        (c,) rows of a part from one group, averaged over its rows.
    known
        (c,) whether the part has rows.
    """

    figure: Floats
    variance: Floats
    rows: Floats
    others: Floats
    own: Floats
    groups: Floats
    size: Floats
    known: Mask


def part_limits(
    one: Measure, statistics: Floats, variances: Floats, total: float, groups: Ints | None, level: float
) -> PartLimits | None:
    """Return the limits of a figure from those of its parts; None if it has none or is not a function of them.

    Each part gets limits for its effective number of rows. Those of a mean are combined by the method of variance
    estimates recovery (MOVER; Zou & Donner 2008): squared distances from estimate to limit are added up, as
    variances are. A minimum is as low as the lowest limit of any part, whatever the estimate of that part.

    Parameters
    ----------
    one
        The measure.
    statistics
        (r, 1) of all rows.
    variances
        (c,) of its parts over bootstrap replicates.
    total
        The variance of the figure over replicates.
    groups
        (n,) group numbers, or None.
    level
        Coverage asked for.
    """
    parts = one.metric.parts
    if parts is None:
        return None
    seen = _seen(one, parts, statistics, variances, groups)
    there = np.isfinite(seen.figure)
    estimate = one.estimate(statistics)
    weight = _weights(parts, there, seen.own)
    # Parts that do not combine to the figure itself cannot limit it.
    if not there.any() or not np.isclose(_together(parts, seen.figure, weight), estimate, atol=1e-9):
        return None
    if parts.combine == "weighted":
        return PartLimits(*_of_all(one, parts, estimate, total, groups, level), 0.0)
    unseen = float((~seen.known).mean())
    if parts.combine == "lowest":
        return PartLimits(*_lowest(seen, parts.kind, level), unseen)
    share = np.full(len(there), 1 / len(there))
    figure = np.where(there, seen.figure, estimate)
    quantile = float(special.ndtri(0.5 + level / 2))
    if groups is not None:
        # The degrees of freedom are those of the mean: dominated by the parts with the widest gaps and the fewest
        # groups.
        quantile = _student(share * _rough(figure, seen), seen.groups, level)
    low, high = _limits(seen, parts.kind, np.full(len(there), quantile), level)
    down, up = (
        _joined(share * gap, together)
        for gap, together in zip(
            (figure - low, high - figure),
            _correlations(parts, seen, share, total, groups is not None),
            strict=True,
        )
    )
    return PartLimits(max(estimate - down, 0.0), min(estimate + up, 1.0), unseen)


def _of_all(
    one: Measure, parts: Components, estimate: float, total: float, groups: Ints | None, level: float
) -> tuple[float, float]:
    """Return limits of a mean weighted by rows, treated as a proportion of all these rows.

    Near 1 it is one, since an error in one row lowers two F1 scores and the mean by about one row's share; the
    uncertainty of a small class matters no more than its rows do.
    """
    of_truth = parts.rows if parts.truth is None else parts.truth
    matrix = sp.csr_array(of_truth(one.rows, one.chosen).sum(axis=1)[:, None])
    rows = np.array([float(matrix.sum())])
    size, effective = (np.ones(1), np.full(1, np.inf)) if groups is None else _spread_out(matrix, rows, groups)
    variance = np.array([total]) * _inflation(effective)
    seen = _Seen(np.array([estimate]), variance, rows, np.zeros(1), rows, effective, size, np.ones(1, dtype=bool))
    low, high = _limits(seen, "share", _students(effective, level), level)
    return float(low[0]), float(high[0])


def _seen(one: Measure, parts: Components, statistics: Floats, variances: Floats, groups: Ints | None) -> _Seen:
    figure = parts.values(statistics, one.chosen)[:, 0]
    rows, size, effective = part_support(one, parts.rows, groups)
    own, _, of_truth = (rows, size, effective) if parts.truth is None else part_support(one, parts.truth, groups)
    known = np.isfinite(figure) & (rows > 0) & (own > 0)
    others = np.maximum(len(one.rows) - rows, 0.0)
    effective = np.minimum(effective, of_truth)  # a class is in few groups, false positives may come from many
    return _Seen(figure, variances * _inflation(effective), rows, others, own, effective, size, known)


def _inflation(effective: Floats) -> Floats:
    """Return (c,) the small-sample correction of bootstrap variances: g / (g - 1), at most 10."""
    there = np.isfinite(effective) & (effective > 1 + 1e-9)
    groups = np.where(there, effective, 2.0)
    return np.where(there, np.minimum(groups / np.maximum(groups - 1, 0.1), 10.0), 1.0)


def part_support(one: Measure, of: Weights, groups: Ints | None) -> tuple[Floats, Floats, Floats]:
    """Return (c,) rows, rows from the same group on average over rows, and effective groups (else infinite)."""

    def counted() -> tuple[Floats, Floats, Floats]:
        matrix = of(one.rows, one.chosen)
        rows = np.asarray(matrix.sum(axis=0), dtype=np.float64).ravel()
        if groups is None:
            return rows, np.ones(len(rows)), np.full(len(rows), np.inf)
        return rows, *_spread_out(matrix, rows, groups)

    # By content: an array is not hashable, and the id of a temporary one may be reused.
    key = None if groups is None else hash(groups.tobytes())
    return one.rows.once(("support", of, one.chosen.tobytes(), key), counted)


def _spread_out(matrix: sp.csr_array[Any], rows: Floats, groups: Ints) -> tuple[Floats, Floats]:
    """Return (c,) rows from the same group, on average over rows, and effective groups."""
    entries = matrix.tocoo()
    c = len(rows)
    cell = groups[entries.row].astype(np.int64) * c + entries.col
    sums = np.bincount(cell, weights=entries.data, minlength=(int(groups.max()) + 1) * c).reshape(-1, c)
    size = np.nan_to_num(ratio((sums**2).sum(axis=0), rows), nan=1.0)
    return size, np.nan_to_num(ratio(rows, size))


def _weights(parts: Components, there: Floats, own: Floats) -> Floats:
    """Return (c,) the weight of each part in the estimate."""
    own = np.where(there, own if parts.combine == "weighted" else 1.0, 0.0)
    return np.asarray(own / max(own.sum(), 1e-300), dtype=np.float64)


def _together(parts: Components, figure: Floats, weight: Floats) -> float:
    return float(np.nanmin(figure)) if parts.combine == "lowest" else float(np.nan_to_num(figure) @ weight)


def _limits(seen: _Seen, kind: Kind, quantile: Floats, level: float) -> tuple[Floats, Floats]:
    """Return (c,) limits of each part, `quantile` standard errors away; 0 and 1 for a part without rows."""
    there = np.isfinite(seen.figure)
    figure, variance = np.where(there, seen.figure, 0.5), seen.variance
    if kind == "f1":  # F1 = 2J / (1 + J), and J is the share of these rows that are right
        figure, variance = figure / (2 - figure), variance * (2 / (2 - figure) ** 2) ** 2
    design = _design(figure, variance, seen, kind)
    normal = float(special.ndtri(0.5 + level / 2))
    # Mid-P limits have no quantile to widen, so Student's is expressed as fewer rows.
    rows = seen.rows / design * (normal / quantile) ** 2
    if np.isfinite(seen.groups).any():  # no fewer than with perfect correlation within groups
        rows = np.maximum(rows, np.minimum(seen.groups, seen.rows))
    if kind == "area":
        others = seen.others * rows / np.maximum(seen.rows, 1e-9)
        low, high = area_limits(figure, rows, others, np.full(len(rows), normal))
    else:
        low, high = share_limits(figure, rows, level)
    if kind == "f1":
        low, high = 2 * low / (1 + low), 2 * high / (1 + high)
    return np.where(seen.known, low, 0.0), np.where(seen.known, high, 1.0)


def _design(figure: Floats, variance: Floats, seen: _Seen, kind: Kind) -> Floats:
    """Return (c,) design effects: the variance of each part over that of as many independent rows (Kish 1965).

    A part without variance of its own is assumed to have the within-group correlation of the others.
    """
    grouped = bool(np.isfinite(seen.groups).any())
    if not grouped and kind in ("share", "f1"):
        return np.ones(len(figure))
    m = np.maximum(seen.rows, 1e-9)
    plain = area_variance(figure, m, np.maximum(seen.others, 1.0)) if kind == "area" else figure * (1 - figure) / m
    shows = (plain > 1e-12) & (variance > 0) & (seen.rows > 0) & (figure > 0) & (figure < 1)
    own = np.where(shows, variance / np.maximum(plain, 1e-12), 1.0)
    if kind in ("area", "mean"):  # replicates repeat rows, which tie in rank, so they vary less than new samples
        own = own * (1 + PRIOR_ROWS / (m + 1))
    expected = np.ones(len(m))
    if grouped:
        lonely = np.maximum(seen.size - 1, 0.0)
        weight = np.where(shows, m * (1 - figure), 0.0) * lonely
        alike = float(weight @ np.maximum(own - 1, 0.0) / max(float(weight @ lonely), 1e-12))
        expected = 1 + min(alike, 1.0) * lonely
    mixed = np.where(shows, (m * own + PRIOR_ROWS * expected) / (m + PRIOR_ROWS), expected)
    # A share cannot vary less than its rows do; ranks and averages of values within 0..1 can.
    return np.asarray(np.maximum(mixed, 1.0 if kind in ("share", "f1") else 0.25))


def _rough(figure: Floats, seen: _Seen) -> Floats:
    """Return (c,) rough standard errors of the parts, as with many groups."""
    n = np.maximum(seen.rows, 1.0)
    # 1/n, one row, keeps the error of a part without any mistake above 0.
    return np.asarray(np.sqrt(np.maximum(seen.variance, figure * (1 - figure) / n) + 1 / n**2))


def _student(gaps: Floats, groups: Floats, level: float) -> float:
    """Return Student's quantile for a sum of parts with different numbers of groups (Satterthwaite 1946)."""
    squares = gaps**2
    if not np.isfinite(groups).any() or squares.sum() <= 0:
        return float(special.ndtri(0.5 + level / 2))
    freedom = np.maximum(groups - 1, 0.05)
    total = squares.sum() ** 2 / float((squares**2 / freedom).sum())
    return min(float(special.stdtrit(total, 0.5 + level / 2)), 1e4)


def _correlations(
    parts: Components, seen: _Seen, share: Floats, total: float, grouped: bool
) -> tuple[float, float]:
    """Return the correlation of the parts, downward and upward: from replicates, or a structural minimum.

    Each error affects two classes: one misses a row, the other gains it. Over all pairs of c classes that implies a
    correlation of at least 1/(c - 1), and downward all classes have room. Upward only those with an error do, and
    the two F1 of a single error move together, so that there the replicates' correlation is used up to 1.
    """
    c = len(share)
    if c < 2:
        return 0.0, 0.0
    # A missed row lowers the recall of one class only, and a false one a single precision.
    must = 1 / (c - 1) if parts.kind in ("f1", "area", "mean") else 0.0
    errors = share * np.sqrt(seen.variance)
    apart, alike = float(errors @ errors), float(errors.sum() ** 2)
    if alike - apart <= 1e-12:
        return must, must
    found, most = (total - apart) / (alike - apart), max(must, 0.5 if grouped else 0.0)
    return float(np.clip(found, 0.0, most)), float(np.clip(found, 0.0, 1.0 if parts.kind == "f1" else most))


def _joined(gaps: Floats, together: float) -> float:
    apart, alike = float(gaps @ gaps), float(gaps.sum() ** 2)
    return float(np.sqrt(max((1 - together) * apart + together * alike, 0.0)))


def _lowest(seen: _Seen, kind: Kind, level: float) -> tuple[float, float]:
    """Return limits of the minimum over parts.

    The lower one is the lowest of all. The upper one is that of the part with the lowest figure, of ties the
    widest; or, if larger, the lowest of all upper limits at the simultaneous level (Bonferroni).
    """
    there = np.isfinite(seen.figure)
    low, high = _limits(seen, kind, _students(seen.groups, level), level)
    c = max(int(there.sum()), 1)
    strict = 1 - (1 - level) / c
    _, joint = _limits(seen, kind, _students(seen.groups, strict), strict)
    lowest = there & (seen.figure == np.nanmin(seen.figure))
    return float(low.min()), float(max(high[lowest].max(), joint[there].min()))


def _students(groups: Floats, level: float) -> Floats:
    """Return (c,) Student's quantile for each part; the normal quantile without groups."""
    tail, grouped = 0.5 + level / 2, np.isfinite(groups)
    freedom = np.maximum(np.where(grouped, groups, 2.0) - 1, 0.05)
    return np.where(grouped, np.minimum(special.stdtrit(freedom, tail), 1e4), special.ndtri(tail))
