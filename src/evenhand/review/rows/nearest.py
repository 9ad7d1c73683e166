"""The rows nearest to one under review: by features of the run where the store has them, else by probabilities."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from evenhand.base.errors import EvenhandError
from evenhand.base.storage.record import Record
from evenhand.base.values import Floats, Ints
from evenhand.evaluation.retrieval.indexes import Array, unit
from evenhand.evaluation.retrieval.nearest import Index, nearest
from evenhand.review.rows.review_rows import ReviewRows

if TYPE_CHECKING:
    from evenhand.pipeline.stages.run_features import FrozenFeatures

AT_ONCE = 8192
"""Rows that a query is compared with at once: their float32 copies are all the memory that it needs."""

Features = Callable[[], "FrozenFeatures"]


@dataclass(frozen=True, eq=False)
class FeatureIndex:
    """Features compared by their cosine, kept in half precision: 100,000 rows of 1,280 features are 256 MB.

    Attributes
    ----------
    rows
        (m, d) float16 of unit length.
    """

    rows: npt.NDArray[np.float16]

    @classmethod
    def of(cls, features: Floats) -> FeatureIndex:
        """Return the index of (m, d) features of any length; raises `DataError` if one is not finite."""
        out = np.empty(features.shape, dtype=np.float16)
        for start in range(0, len(out), AT_ONCE):
            out[start : start + AT_ONCE] = unit(features[start : start + AT_ONCE])
        return cls(out)

    def __len__(self) -> int:
        return len(self.rows)

    def query(self, at: int) -> Array:
        """Return (1, d) float32 the row at a position."""
        return np.asarray(self.rows[at : at + 1], dtype=np.float32)

    def distances(self, queries: Array, rows: slice) -> Array:
        """Return (q, r) float32, 1 - cosine."""
        return np.asarray(np.float32(1) - queries @ self.rows[rows].astype(np.float32).T)

    def similarity(self, distances: Array) -> Floats:
        """Return cosines."""
        return np.asarray(1.0 - distances)


@dataclass(frozen=True, eq=False)
class ProbabilityIndex:
    """Probabilities compared by the Bhattacharyya coefficient, the sum of sqrt(p q) (Bhattacharyya 1943).

    Where several classes may hold, it is the mean coefficient of the k yes-or-no predictions.

    Attributes
    ----------
    p
        (m, k) float32.
    several
        Whether several classes may hold.
    """

    p: npt.NDArray[np.float32]
    several: bool = False

    def __len__(self) -> int:
        return len(self.p)

    def query(self, at: int) -> Array:
        """Return (1, k) or (1, 2k) float32 the row at a position."""
        return self._roots(slice(at, at + 1))

    def distances(self, queries: Array, rows: slice) -> Array:
        """Return (q, r) float32, 1 - coefficient."""
        return np.asarray(np.float32(1) - queries @ self._roots(rows).T)

    def similarity(self, distances: Array) -> Floats:
        """Return coefficients."""
        return np.asarray(1.0 - distances)

    def _roots(self, rows: slice) -> Array:
        p = np.clip(self.p[rows], 0.0, 1.0)
        return (
            np.sqrt(np.concatenate([p, 1.0 - p], axis=1) / np.float32(p.shape[1])) if self.several else np.sqrt(p)
        )


@dataclass(frozen=True)
class NearRows:
    """Rows that are near to one, the nearest first.

    Attributes
    ----------
    positions
        Positions of the rows.
    by
        What they are near by, in words; "" without rows.
    """

    positions: tuple[int, ...] = ()
    by: str = ""


@dataclass(frozen=True, eq=False)
class _Searched:
    """An index, the positions of its rows among those of the review, and what it compares."""

    index: FeatureIndex | ProbabilityIndex
    positions: Ints
    by: str


@dataclass(eq=False)
class NearestRows:
    """Finds the rows nearest to a row; threads may share it.

    Features are read in a thread of its own once they are asked for the first time. Until they are there, and where
    there are none, rows are near by their probabilities.

    Attributes
    ----------
    rows
        The rows.
    features
        Returns the features of the rows of a run, or raises `EvenhandError`; None without a run.
    """

    rows: ReviewRows
    features: Features | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _reading: threading.Thread | None = field(default=None, repr=False)
    _by_features: _Searched | None = field(default=None, repr=False)
    _by_probabilities: _Searched | None = field(default=None, repr=False)

    @classmethod
    def of_record(cls, rows: ReviewRows, record: Record) -> NearestRows:
        """Return those by the features of the rows that a run had, with the same bytes, if its store has them."""

        def read() -> FrozenFeatures:
            # seconds to import, in the thread that reads: the page is open by then
            from evenhand.pipeline.stages.run_features import FrozenFeatures, features_of_run
            from evenhand.review.rows.from_record import unchanged_rows

            found = features_of_run(record, stored_only=True)
            same = pd.Index(found.ids).isin(unchanged_rows(rows, record))
            return FrozenFeatures(found.ids[same], found.values if same.all() else found.values[same], found.model)

        return cls(rows, read)

    def of(self, row: str, n: int) -> NearRows:
        """Return the n rows nearest to a row, without those that `duplicates_of` names.

        Raises
        ------
        DataError
            If there is no such row.
        """
        at = self.rows.position(row)
        self.start()
        for searched in (self._by_features, self._of_probabilities()):
            if searched is not None and len(found := self._near(searched, at, row, n)):
                return NearRows(tuple(found.tolist()), searched.by)
        return NearRows()

    def use(self, rows: ReviewRows) -> None:
        """Go on with the same rows, of which more have probabilities."""
        with self._lock:
            self.rows, self._by_probabilities = rows, None

    def start(self) -> None:
        """Begin to read the features, unless that was done."""
        with self._lock:
            if self.features is not None and self._reading is None:
                self._reading = threading.Thread(target=self._read, daemon=True)
                self._reading.start()

    def wait(self) -> None:
        """Return when the features are read, or found to be missing."""
        self.start()
        if self._reading is not None:
            self._reading.join()

    def _read(self) -> None:
        assert self.features is not None
        try:
            found = self.features()
            positions = pd.Index(self.rows.ids).get_indexer(pd.Index(found.ids))
            there = positions >= 0
            index = FeatureIndex.of(found.values if there.all() else found.values[there])
        except EvenhandError:  # no frozen part, or the store was cleared: probabilities have to do
            return
        self._by_features = _Searched(index, positions[there], f"the features that {found.model} starts from")

    def _of_probabilities(self) -> _Searched | None:
        if self._by_probabilities is None and self.rows.predicted.any():
            p, positions = self.rows.probabilities, np.flatnonzero(self.rows.predicted)
            index = ProbabilityIndex(p if len(positions) == len(p) else p[positions], self.rows.multi_label)
            self._by_probabilities = _Searched(index, positions, "probabilities")
        return self._by_probabilities

    def _near(self, searched: _Searched, at: int, row: str, n: int) -> Ints:
        """Return positions of the nearest rows; none if the row itself is not in the index."""
        own = np.flatnonzero(searched.positions == at)
        if not len(own):
            return np.zeros(0, dtype=np.int64)
        apart = [at, *(self.rows.position(other) for other in self.rows.duplicates_of(row))]
        groups = np.where(np.isin(searched.positions, apart), 0, -1)
        index: Index = searched.index
        found = nearest(
            index,
            searched.index.query(int(own[0])),
            n,
            groups=groups,
            query_groups=np.zeros(1, np.int64),
            cells=AT_ONCE,
        ).rows[0]
        return np.asarray(searched.positions[found[found >= 0]])
