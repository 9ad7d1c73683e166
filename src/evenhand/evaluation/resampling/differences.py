"""Sums and differences of measures on the same rows as one measure, resampled together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import reduce

import numpy as np
import scipy.sparse as sp

from evenhand.base.values import Floats, Ints
from evenhand.evaluation.core.metric import Measure
from evenhand.evaluation.core.row_sums import RowSums


def difference(a: Measure, b: Measure) -> Measure:
    """Return the measure whose value is that of `a` minus that of `b`, about the same n rows in the same order.

    Both are computed from the same replicates, so that shared variation (hard rows, hard groups) cancels out.
    """
    return combined([a, b], [1.0, -1.0])


def combined(measures: Sequence[Measure], weights: Sequence[float]) -> Measure:
    """Return the weighted sum of measures about the same n rows as one measure.

    The weight of a row is its average weight in the measures. Shared features are kept once. The bounds are those
    of the sum, and `terms` keeps the measures with their parts and limits.
    """
    parts = list({id(one.features): one.features for one in measures}.values())
    sums = np.cumsum([0, *(part.shape[1] for part in parts)])
    statistics = np.cumsum([0, *(len(part.statistics()) for part in parts)])
    place = {id(part): slice(*statistics[at : at + 2]) for at, part in enumerate(parts)}

    def finish(every: Floats) -> Floats:
        return np.concatenate([part.finish(every[sums[at] : sums[at + 1]]) for at, part in enumerate(parts)])

    def value(every: Floats, _chosen: Ints) -> Floats:
        total = np.zeros(every.shape[1])
        for one, by in zip(measures, weights, strict=True):
            total += by * one.value(every[place[id(one.features)]])
        return total

    share = np.mean([one.base() for one in measures], axis=0)
    joined = replace(reduce(beside, parts), finish=finish)
    ends = [sorted(by * end for end in one.metric.bounds) for one, by in zip(measures, weights, strict=True) if by]
    metric = replace(
        measures[0].metric,
        value=value,
        base=lambda _rows, _chosen: share,
        lower_bound=float(sum(low for low, _ in ends)),
        upper_bound=float(sum(high for _, high in ends)),
        # What a metric states about itself does not hold for a sum; intervals of sums read `terms`.
        interval=None,
        parts=None,
        cost=None,
        few=None,
        limits=None,
        terms=tuple(_terms(measures, weights)),
    )
    return replace(measures[0], metric=metric, features=joined)


def _terms(measures: Sequence[Measure], weights: Sequence[float]) -> Iterator[tuple[float, Measure]]:
    """Yield weights and measures, with sums flattened."""
    for one, by in zip(measures, weights, strict=True):
        if one.metric.terms:
            yield from ((by * own, term) for own, term in one.metric.terms)
        else:
            yield by, one


def beside(a: RowSums, b: RowSums) -> RowSums:
    """Return the features of `a` and, in further columns, those of `b`."""
    return RowSums(
        shape=(a.shape[0], a.shape[1] + b.shape[1]),
        row=np.concatenate([a.row, b.row]),
        column=np.concatenate([a.column, b.column + a.shape[1]]),
        value=None if a.value is None and b.value is None else np.concatenate([_values(a), _values(b)]),
        pattern=_patterns(a, b),
    )


def kinds(features: RowSums, *, narrow: int = 4) -> Ints | None:
    """Return (n,) kinds: equal numbers for rows with the same entries; None where that is not known.

    Features of at most `narrow` columns are compared entry by entry.
    """
    # Made dense, wider features would take n numbers for each of their columns, nearly all of them 0.
    if features.pattern is not None or features.shape[1] > narrow:
        return features.pattern
    entries = (_values(features), (features.row, features.column))
    dense = sp.csr_array(sp.coo_array(entries, shape=features.shape)).toarray()
    number: Ints = np.zeros(len(dense), dtype=np.int64)
    for column in dense.T:
        number = _pairs(number, np.unique(column, return_inverse=True)[1])
    return number


def _patterns(a: RowSums, b: RowSums) -> Ints | None:
    """Return (n,) kinds of rows of both, numbered by first appearance, so that swapping them has no effect."""
    of_a, of_b = kinds(a), kinds(b)
    if of_a is None or of_b is None:
        return None
    pair = _pairs(of_a, of_b)
    first = np.unique(pair, return_index=True)[1]
    return np.asarray(np.argsort(np.argsort(first))[pair])


def _pairs(a: Ints, b: Ints) -> Ints:
    """Return (n,) a number 0.. for each pair of numbers."""
    # As int64: with many patterns on both sides the product does not fit 32 bits.
    number: Ints = np.unique(a.astype(np.int64) * (int(b.max(initial=0)) + 1) + b, return_inverse=True)[1]
    return number


def _values(features: RowSums) -> Floats:
    return np.ones(len(features.row)) if features.value is None else features.value
