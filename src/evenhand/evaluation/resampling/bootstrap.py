"""The bootstrap of all metrics: a replicate's figures are functions of sums, and sums are one sparse product."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp

from evenhand.base.cores import usable_cores
from evenhand.base.seeds import generator
from evenhand.base.values import Floats, Ints
from evenhand.evaluation.core.metric import Measure
from evenhand.evaluation.core.row_sums import RowSums
from evenhand.evaluation.resampling.resampling_units import Units, units_for


@dataclass(frozen=True, eq=False)
class _Product:
    """Features summed over units, and the measures that read them (by position)."""

    features: RowSums
    matrix: sp.csr_array[Any]
    readers: tuple[int, ...]


def bootstrap(
    measures: Sequence[Measure],
    groups: Ints | None = None,
    *,
    draws: int = 2000,
    seed: int = 0,
    budget_bytes: int = 2**22,
) -> Floats:
    """Return (len(measures), draws) float64: every measure on resampled groups, or rows without groups.

    A replicate samples as many groups as there are, with replacement, with all rows of each (Efron 1979; the
    cluster bootstrap of Davison & Hinkley 1997, section 3.8). Measures over groups, and measures that share
    features, use the same replicates. A figure that is not defined on a replicate is NaN there.

    Parameters
    ----------
    measures
        About the same n rows.
    groups
        (n,) group numbers 0..g-1.
    draws
        Replicates.
    seed
        The same seed gives the same replicates.
    budget_bytes
        Memory for one batch of replicates, ideally the size of a processor cache; it does not affect results.
    """
    out = np.empty((len(measures), draws))
    for reader, here, statistics in _each(measures, groups, draws, seed, budget_bytes):
        out[reader, here] = measures[reader].value(statistics)
    return out


def bootstrap_parts(
    measures: Sequence[Measure],
    groups: Ints | None = None,
    *,
    draws: int = 2000,
    seed: int = 0,
    budget_bytes: int = 2**22,
) -> tuple[Floats, list[PartMoments]]:
    """Return the replicates of `bootstrap`, and for each measure the moments of its parts over them."""
    out = np.empty((len(measures), draws))
    sums: dict[int, _Sums] = {}
    for reader, here, statistics in _each(measures, groups, draws, seed, budget_bytes):
        one = measures[reader]
        out[reader, here] = one.value(statistics)
        if one.metric.parts is not None:
            sums.setdefault(reader, _Sums()).add(one.metric.parts.values(statistics, one.chosen))
    return out, [sums[at].moments() if at in sums else NO_PARTS for at in range(len(measures))]


@dataclass(frozen=True, eq=False)
class PartMoments:
    """Means and variances of the c parts of a measure over the replicates on which each is defined.

    Attributes
    ----------
    mean
        (c,); NaN for a part that is defined on none. A measure without parts has none: (0,).
    variance
        (c,); 0 for a part that is defined on fewer than two.
    """

    mean: Floats
    variance: Floats

    def one(self, c: int) -> PartMoments:
        """Return those of one part."""
        return PartMoments(self.mean[[c]], self.variance[[c]])


NO_PARTS = PartMoments(np.zeros(0), np.zeros(0))


@dataclass
class _Sums:
    """Running sums of each part, shifted by the mean of its first batch, for a numerically stable variance."""

    count: Floats | None = None
    centre: Floats | None = None
    first: Floats | None = None
    second: Floats | None = None

    def add(self, values: Floats) -> None:
        """Add (c, b) values of b replicates; NaN does not count."""
        there = np.isfinite(values)
        if self.count is None or self.centre is None or self.first is None or self.second is None:
            self.count, self.first, self.second = (np.zeros(len(values)) for _ in range(3))
            self.centre = np.where(there, values, 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
        shift = np.where(there, values - self.centre[:, None], 0.0)
        self.count = self.count + there.sum(axis=1)
        self.first = self.first + shift.sum(axis=1)
        self.second = self.second + (shift * shift).sum(axis=1)

    def moments(self) -> PartMoments:
        """Return means and variances."""
        assert self.count is not None and self.centre is not None  # noqa: PT018
        assert self.first is not None and self.second is not None  # noqa: PT018
        count = np.maximum(self.count, 1.0)
        shift = self.first / count
        # Shifted data keep this difference of squares from cancelling (Chan, Golub & LeVeque 1983).
        variance = self.second / count - shift**2
        return PartMoments(
            np.where(self.count > 0, self.centre + shift, np.nan),
            # Below that it is rounding: equal replicates must have no variance, as intervals treat them apart.
            np.where((self.count > 1) & (variance > 1e-14), variance, 0.0),
        )


def _each(
    measures: Sequence[Measure], groups: Ints | None, draws: int, seed: int, budget_bytes: int
) -> Iterator[tuple[int, slice, Floats]]:
    """Yield the position of a measure, which replicates, and their (r, b) statistics."""
    for units, products in _pools(measures, groups):
        # Begun anew for each pool, so that the replicates of a metric do not depend on which others are asked
        # for.
        rng = generator(seed, "bootstrap")
        widest = max(product.matrix.shape[0] for product in products) + units.count
        # Draws are consumed replicate by replicate, so that the size of a batch changes no result.
        step = int(np.clip(budget_bytes // (8 * widest), 1, 256))
        batches = (
            (here := slice(start, min(start + step, draws)), units.multiplicities(rng, here.stop - here.start))
            for start in range(0, draws, step)
        )
        for here, statistics in _ahead(partial(_statistics, products), batches):
            for product, values in zip(products, statistics, strict=True):
                for reader in product.readers:
                    yield reader, here, values


def _statistics(products: Sequence[_Product], times: Floats) -> list[Floats]:
    """Return the (r, b) statistics of each product for (units, b) multiplicities."""
    return [product.features.finish(product.matrix @ times) for product in products]


def _ahead(
    of: Callable[[Floats], list[Floats]], batches: Iterable[tuple[slice, Floats]]
) -> Iterator[tuple[slice, list[Floats]]]:
    """Yield what a function gives for each batch, in order; computed ahead by as many threads as there are cores.

    numpy and scipy release the lock of the interpreter in what takes time here.
    """
    threads = min(usable_cores(), 4)
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[tuple[slice, Future[list[Floats]]]] = deque()
        for here, times in batches:
            waiting.append((here, pool.submit(of, times)))
            if len(waiting) > threads:
                first, found = waiting.popleft()
                yield first, found.result()
        for first, found in waiting:
            yield first, found.result()


def _pools(measures: Sequence[Measure], groups: Ints | None) -> Iterator[tuple[Units, list[_Product]]]:
    """Yield units with all products over them; kinds of rows differ by features and are sampled for each alone."""
    readers: dict[int, list[int]] = {}
    for position, one in enumerate(measures):
        # By identity: metrics of the same rows get the same object from `EvaluatedRows.once`.
        readers.setdefault(id(one.features), []).append(position)
    shared: Units | None = None
    together: list[_Product] = []
    for positions in readers.values():
        features = measures[positions[0]].features
        units = units_for(features, groups)
        if units.probabilities is None:
            units = shared = shared or units
        product = _Product(features, features.by_unit(units.of_row, units.count), tuple(positions))
        if units.probabilities is None:
            together.append(product)
        else:
            yield units, [product]
    if shared is not None:
        yield shared, together
