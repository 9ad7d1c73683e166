"""The input of blending methods: predictions of several models for the same rows, with the truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.seeds import generator
from evenhand.base.storage.memory_map import is_mapped, release_pages
from evenhand.base.values import NO_NAMES, TRUTH_THRESHOLD, Floats, Ints, Mask, NamedClasses, Strings
from evenhand.blending.inputs.align import Aligned
from evenhand.evaluation.core.evaluated_rows import known, numbered
from evenhand.evaluation.figures.score import fast_score


@dataclass(frozen=True, eq=False)
class Stack:
    """The probabilities of m models for the same n rows and k classes.

    Attributes
    ----------
    names
        Of the m models.
    classes
        The k class names.
    tables
        m arrays (n, k) of probabilities; they may be memory-mapped and are never copied into one.
    truth
        (n,) class indices, (n, k) in 0..1 where several labels may hold (NaN where one is not known), or None for
        rows that are new.
    fold
        (n,) the fold in which each row was held out, or None.
    groups
        (n,) names of groups, or None.
    features
        Name -> (n, d) numbers stored for each row (activations of an encoder).
    truth_threshold
        The degree from which on a label of a soft truth is true.
    named
        Sets of classes and coarser classes that the metrics of a score may name.
    """

    names: tuple[str, ...]
    classes: tuple[str, ...]
    tables: tuple[Floats, ...]
    truth: npt.NDArray[Any] | None = None
    fold: npt.NDArray[np.int16] | None = None
    groups: Strings | None = None
    features: Mapping[str, Floats] = field(default_factory=dict)
    truth_threshold: float = TRUTH_THRESHOLD
    named: NamedClasses = NO_NAMES

    def __len__(self) -> int:
        return len(self.tables[0])

    @property
    def m(self) -> int:
        """Number of models."""
        return len(self.tables)

    @property
    def k(self) -> int:
        """Number of classes."""
        return len(self.classes)

    @property
    def several(self) -> bool:
        """Whether several labels may hold for one row."""
        return self.truth is not None and self.truth.ndim == 2

    @property
    def labels(self) -> npt.NDArray[Any]:
        """The truth, which must be there."""
        assert self.truth is not None
        return self.truth

    @property
    def decided_labels(self) -> npt.NDArray[Any]:
        """The truth, of soft labels 1 from `truth_threshold` on and else 0; NaN where a label is not known."""
        if not self.several:
            return self.labels
        return np.where(np.isnan(self.labels), np.nan, self.labels >= self.truth_threshold)

    @property
    def folds(self) -> list[int]:
        """Numbers of the folds that hold rows."""
        return [] if self.fold is None else [int(f) for f in np.unique(self.fold)]

    @cached_property
    def _group_numbers(self) -> Ints | None:
        return numbered(self.groups)

    def array(self) -> Floats:
        """Return (n, m, k) float64, a copy of everything."""
        return np.stack([np.asarray(table, dtype=np.float64) for table in self.tables], axis=1)

    def mean(self) -> Floats:
        """Return (n, k) float64: the plain mean of the models."""
        out = np.zeros((len(self), self.k))
        for table in self.tables:
            out += table
        return np.asarray(out / self.m)

    def score(self, table: Floats, weights: Mapping[str, float]) -> float:
        """Return the score of (n, k) probabilities of these rows, as [score] defines it."""
        return fast_score(
            table,
            self.labels,
            self.classes,
            weights,
            self.named.sets,
            self.named.levels,
            self._group_numbers,
            truth_threshold=self.truth_threshold,
        )[0]

    def take(self, rows: Mask | Ints | slice) -> Stack:
        """Return the stack of some rows; of a slice nothing is copied."""
        return replace(
            self,
            tables=tuple(table[rows] for table in self.tables),
            truth=None if self.truth is None else self.truth[rows],
            fold=None if self.fold is None else self.fold[rows],
            groups=None if self.groups is None else self.groups[rows],
            features={name: table[rows] for name, table in self.features.items()},
        )

    def known(self) -> Stack:
        """Return the rows whose truth is known."""
        rows = known(self.labels)
        return self if rows.all() else self.take(rows)

    def without(self, fold: int) -> Stack:
        """Return the rows of all other folds: the training rows for the rows of `fold`."""
        assert self.fold is not None
        return self.take(self.fold != fold)

    def slices(self, *, budget_bytes: int = 2**25, most_bytes: int = 2**26) -> Iterator[slice]:
        """Yield slices that cover all rows, each small enough for computations in memory.

        Pages of memory-mapped tables are released periodically, so that only some slices stay resident.
        """
        step = max(1, budget_bytes // (8 * self.m * self.k))
        mapped, held_bytes = [table for table in self.tables if is_mapped(table)], 0
        for start in range(0, len(self), step):
            yield slice(start, min(start + step, len(self)))
            held_bytes += budget_bytes
            if held_bytes >= most_bytes:
                held_bytes = 0
                for table in mapped:
                    release_pages(table)

    def split_inside(self, seed: int, *, parts: int = 3) -> Stack:
        """Return the stack with at least two folds: its own, or if it has one, `parts` random ones by group."""
        if len(self.folds) > 1:
            return self
        # Whole groups: rows of one group in two parts would let tuning see what it is evaluated on.
        units = np.arange(len(self)) if self.groups is None else np.unique(self.groups, return_inverse=True)[1]
        into = generator(seed, "inside").permutation(int(units.max()) + 1) % parts
        return replace(self, fold=into[units].astype(np.int16))


def stack_of(models: Aligned, features: Mapping[str, Floats] | None = None) -> Stack:
    """Return aligned predictions as a stack.

    Parameters
    ----------
    features
        Name -> (n, d) stored numbers of the same rows, in the same order.
    """
    first = models.first
    return Stack(
        models.names,
        first.classes,
        models.probabilities,
        first.truth,
        first.fold,
        first.groups,
        dict(features or {}),
        first.truth_threshold,
        first.named,
    )
