"""Nearest neighbours, used where the blend's margin is narrow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from sklearn.neighbors import NearestNeighbors

from evenhand.base.errors import DataError
from evenhand.base.settings.section import option
from evenhand.base.values import Floats, Ints
from evenhand.blending.core.crossfit import crossfit
from evenhand.blending.core.method import Learned, Method
from evenhand.blending.core.nested_spec import Base, base_of
from evenhand.blending.inputs.confused_pairs import leading
from evenhand.blending.inputs.stack import Stack
from evenhand.blending.methods import METHODS
from evenhand.blending.methods.greedy import ranked_score


@dataclass(frozen=True, eq=False)
class NeighbourIndex:
    """The nearest rows and their classes.

    Attributes
    ----------
    index
        Finds neighbours by the angle between stored features.
    truth
        (n,) classes of the rows in it.
    count, k
        Number of neighbours, and of classes.
    """

    index: NearestNeighbors
    truth: Ints
    count: int
    k: int

    def vote(self, stack: Stack) -> Floats:
        """Return (n, k) the share of each class among the neighbours, nearer ones counting more."""
        distance, at = self.index.kneighbors(directions(stack))
        # Opposite directions have a cosine below 0; weights must stay positive.
        near = np.maximum(1.0 - distance, 1e-6)
        out = np.zeros((len(stack), self.k))
        np.add.at(out, (np.arange(len(stack))[:, None], self.truth[at]), near / near.sum(axis=1, keepdims=True))
        return out


@dataclass(frozen=True, eq=False)
class ComparedNeighbours:
    """A blend, with neighbours mixed in where its margin is narrow.

    Attributes
    ----------
    base, neighbours
        The blend and the neighbours.
    gate, share
        The margin below which neighbours are used, and their weight there.
    """

    base: Learned
    neighbours: NeighbourIndex
    gate: float
    share: float

    def apply(self, stack: Stack) -> Floats:
        table = self.base.apply(stack)
        if self.share and self.gate:
            rows = np.flatnonzero(leading(table)[1] < self.gate)
            if len(rows):
                table[rows] = (1 - self.share) * table[rows] + self.share * self.neighbours.vote(stack.take(rows))
        return table

    def document(self) -> dict[str, Any]:
        return self.base.document() | {"neighbours": {"gate": self.gate, "share": self.share}}


@METHODS.register("neighbours")
class NeighboursBlend(Method):
    """The classes of the nearest rows by stored features, mixed in where the blend's margin is narrow.

    Features are the activations that a run has stored for its encoders; each is scaled to unit length, so the
    angle decides (Papernot & McDaniel 2018 use neighbours in this way). The margin and the weight of
    neighbours are tuned on folds that the neighbours are not from, and may both be 0.
    """

    uses_features: ClassVar[bool] = True
    base: Base = option("equal", description="The blend: a name, or a table with a name and options.")
    count: int = option(10, ge=1, unit="rows", description="Number of neighbours.")
    gates: list[float] = option([0.1, 0.2, 0.4, 0.7, 1.01], description="Margins to try as the gate.")
    shares: list[float] = option([0.25, 0.5, 0.75], description="Weights of the neighbours to try.")
    score: dict[str, float] = option({"macro_f1": 1.0}, description="Metrics by which gate and share are chosen.")

    def learn(self, stack: Stack, seed: int) -> Learned:
        if not stack.features:
            raise DataError(
                '"neighbours" needs stored features, but there are none. Blend a run whose models have a frozen '
                "part, or pass features= with (n, d) numbers for the rows."
            )
        inside = stack.split_inside(seed)
        fitted = crossfit(base_of(self.base), inside, seed)
        votes = np.zeros((len(stack), stack.k))
        for fold in inside.folds:
            rows = np.flatnonzero(inside.fold == fold)
            # A row's own fold is left out: it would be its own nearest neighbour.
            votes[rows] = self._index(inside.without(fold)).vote(inside.take(rows))
        gate, share = self._tuned(inside, fitted.out_of_fold(inside), votes)
        return ComparedNeighbours(fitted.overall, self._index(stack), gate, share)

    def _index(self, stack: Stack) -> NeighbourIndex:
        count = min(self.count, len(stack))
        index = NearestNeighbors(n_neighbors=count, metric="cosine", algorithm="brute").fit(directions(stack))
        return NeighbourIndex(index, stack.labels, count, stack.k)

    def _tuned(self, stack: Stack, table: Floats, votes: Floats) -> tuple[float, float]:
        """Return the gate and the share with the best score; (0, 0) if the blend alone is as good."""
        margin = leading(table)[1]
        best, found = ranked_score(table, stack, self.score), (0.0, 0.0)
        for gate, share in _grid(self.gates, self.shares):
            mixed = np.where((margin < gate)[:, None], (1 - share) * table + share * votes, table)
            reached = ranked_score(mixed, stack, self.score)
            # Only the score decides, not the tie-breaker: equal scores keep the blend alone.
            if reached[0] > best[0]:
                best, found = reached, (gate, share)
        return found


def directions(stack: Stack) -> Floats:
    """Return (n, d) float32: stored features side by side, each set of them scaled to unit length."""
    parts = []
    for name in sorted(stack.features):
        table = np.asarray(stack.features[name], dtype=np.float32)
        length = np.linalg.norm(table, axis=1, keepdims=True)
        parts.append(table / np.maximum(length, 1e-12))
    return np.concatenate(parts, axis=1)


def _grid(gates: Sequence[float], shares: Sequence[float]) -> list[tuple[float, float]]:
    return [(gate, share) for gate in gates for share in shares]
