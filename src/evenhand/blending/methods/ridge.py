"""Weights per class, shrunk towards those over all classes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evenhand.base.settings.section import option
from evenhand.base.values import Floats
from evenhand.blending.core.method import Learned, Method
from evenhand.blending.core.normal_equations import NormalEquations, moments_by_class
from evenhand.blending.core.weighted_sums import WeightedByClass, shares
from evenhand.blending.inputs.stack import Stack
from evenhand.blending.methods import METHODS
from evenhand.blending.methods.nnls import solve

STRENGTHS = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
"""Candidates for `strength`, in rows of the class."""


@METHODS.register("ridge")
class ClasswiseRidge(Method):
    """Least squares of each class by itself, shrunk to the non-negative weights over all classes.

    For class c: min |P w - y|² + λ |w - v|², where v are the global weights and λ is the weight of `strength` rows
    of the class: a class with few rows keeps the global weights, one with many has its own. As everything is
    a function of sums over rows, the strength is chosen by leaving out the folds of the training rows in turn,
    without another pass over them.
    """

    strength: float | None = option(
        None,
        gt=0,
        unit="rows",
        description="Weight of the global weights, in rows of the class; chosen within folds by default.",
    )

    def learn(self, stack: Stack, seed: int) -> Learned:
        return self._learned(moments_by_class(stack.split_inside(seed)))

    def learn_each(self, stack: Stack, seed: int) -> tuple[Learned, Mapping[int, Learned]]:
        if len(stack.folds) < 3:
            return super().learn_each(stack, seed)
        sums = moments_by_class(stack)
        # From sums of folds: leaving one out costs no pass over the rows.
        others = {f: [at for at in range(len(sums.folds)) if sums.folds[at] != f] for f in sums.folds}
        return self._learned(sums), {fold: self._learned(sums.take(at)) for fold, at in others.items()}

    def _learned(self, sums: NormalEquations) -> WeightedByClass:
        strength = self.strength if self.strength is not None else chosen_strength(sums)
        return WeightedByClass(shrunk(*sums.total(), strength))


def shrunk(gram: Floats, moment: Floats, size: Floats, strength: float) -> Floats:
    """Return (m, k) weights per class, shrunk to the global ones.

    Parameters
    ----------
    gram, moment, size
        (k, m, m), (k, m) and (k,): sums over rows by class.
    strength
        In rows of the class.
    """
    m = moment.shape[1]
    towards = shares(solve(gram.sum(axis=0), moment.sum(axis=0)))
    # Per row of the class, so that `strength` is in such rows whatever the scale of the probabilities.
    scale = np.trace(gram, axis1=1, axis2=2) / (m * np.maximum(size, 1.0))
    pull = strength * np.maximum(scale, 1e-9)
    left = gram + pull[:, None, None] * np.eye(m)
    right = moment + pull[:, None] * towards
    return np.linalg.solve(left, right[..., None])[..., 0].T


def chosen_strength(sums: NormalEquations, *, strengths: tuple[float, ...] = STRENGTHS) -> float:
    """Return the strength with the smallest squared error on folds that were left out, the largest among equals."""
    errors = dict.fromkeys(strengths, 0.0)
    for position in range(len(sums.folds)):
        kept = sums.without(position)
        for strength in strengths:
            weights = shrunk(*kept, strength).T
            errors[strength] += float(
                np.einsum("cm,cmj,cj->", weights, sums.gram[position], weights)
                - 2 * (weights * sums.moment[position]).sum()
            )
    # Of equal errors the larger strength, nearer to the global weights.
    return min(strengths, key=lambda strength: (errors[strength], -strength))
