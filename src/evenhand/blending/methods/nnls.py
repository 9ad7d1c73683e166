"""Non-negative least squares of the probabilities on the one-hot truth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from scipy.linalg import eigh
from scipy.optimize import nnls

from evenhand.base.values import Floats
from evenhand.blending.core.method import Learned, Method
from evenhand.blending.core.normal_equations import moments
from evenhand.blending.core.weighted_sums import Weighted, shares
from evenhand.blending.inputs.stack import Stack
from evenhand.blending.methods import METHODS


@METHODS.register("nnls")
class NonNegative(Method):
    """The w >= 0 that minimise the squared distance between the blend and the truth, scaled to sum 1.

    With one column per model, all rows and classes stacked, this is min |A w - y|² (Breiman 1996, stacked
    regressions). Only the m × m Gram matrix AᵀA and Aᵀy enter the solution; they are added up over the rows once,
    fold by fold, and the weights for a fold come from the sums of the others.
    """

    takes_several: ClassVar[bool] = True

    def learn(self, stack: Stack, seed: int) -> Learned:
        return self._solved(moments(stack).total(), stack)

    def learn_each(self, stack: Stack, seed: int) -> tuple[Learned, Mapping[int, Learned]]:
        sums = moments(stack)
        each = {fold: self._solved(sums.without(at), stack) for at, fold in enumerate(sums.folds)}
        return self._solved(sums.total(), stack), each

    def _solved(self, sums: tuple[Floats, Floats, Floats], stack: Stack) -> Weighted:
        gram, moment, _ = sums
        return Weighted(shares(solve(gram, moment)), several=stack.several)


def solve(gram: Floats, moment: Floats, *, smallest: float = 1e-12) -> Floats:
    """Return (m,) the w >= 0 that minimises wᵀ G w - 2 wᵀ b.

    A square root of G turns this into an ordinary problem of m rows, solved exactly by Lawson & Hanson's active
    sets (1974). Directions in which G is below `smallest` of its largest are ignored: the weight of two equal
    models is split in one of the possible ways.

    >>> solve(np.array([[2.0, 0.0], [0.0, 1.0]]), np.array([1.0, -3.0])).round(9).tolist()
    [0.5, 0.0]
    """
    values, vectors = eigh(gram)
    kept = values > smallest * max(float(values[-1]), 0.0)
    if not kept.any():
        return np.zeros(len(moment))
    # With G = V diag(s) Vᵀ, A = diag(√s) Vᵀ has AᵀA = G: scipy's solver wants A, and it is m × m whatever n is.
    root = np.sqrt(values[kept])
    weights, _ = nnls((vectors[:, kept] * root).T, (vectors[:, kept].T @ moment) / root)
    return np.asarray(weights)
