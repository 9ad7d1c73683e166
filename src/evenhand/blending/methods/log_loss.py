"""Weights on the simplex with the smallest log-loss."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from scipy.optimize import LinearConstraint, minimize

from evenhand.base.settings.section import option
from evenhand.base.values import Floats
from evenhand.blending.core.log_loss import log_loss
from evenhand.blending.core.method import Learned, Method
from evenhand.blending.core.weighted_sums import SMALLEST, Weighted, into, shares
from evenhand.blending.inputs.stack import Stack
from evenhand.blending.methods import METHODS


@METHODS.register("log_loss")
class LogLoss(Method):
    """The w >= 0 with sum 1 that give the truth the highest likelihood; unique up to equal models.

    Of probabilities only those at the truth matter, n × m numbers: the mixture proportions of fixed components,
    by expectation and maximisation (Dempster et al. 1977) and a last polish by sequential quadratic programming
    (Kraft 1988). Of logarithms the softmax of the sum is what is evaluated (a logarithmic opinion pool). Weights
    are learned in these two spaces only, so log-odds are refused.
    """

    space: Literal["probability", "log"] = option(
        "probability", description="What is averaged: probability, or log."
    )

    def learn(self, stack: Stack, seed: int) -> Learned:
        start = shares(np.ones(stack.m))
        if self.space == "probability":
            at_truth = np.stack([t[np.arange(len(stack)), stack.labels] for t in stack.tables], axis=1)
            return Weighted(mixture(np.asarray(at_truth, dtype=np.float64)))
        tables = np.stack([into("log", table) for table in stack.tables])

        def loss(weights: Floats) -> tuple[float, Floats]:
            value, slope = log_loss(np.einsum("m,mnk->nk", weights, tables), stack.labels)
            return value / len(stack), np.einsum("mnk,nk->m", tables, slope) / len(stack)

        return Weighted(_on_simplex(loss, start), self.space)


def mixture(at_truth: Floats, *, rounds: int = 200, close: float = 1e-9) -> Floats:
    """Return (m,) the shares of m components that make n rows most likely.

    Parameters
    ----------
    at_truth
        (n, m) likelihood of each row under each component.
    rounds, close
        Steps of expectation and maximisation; they end when no share changes by more than `close`.
    """
    held = np.maximum(at_truth, SMALLEST)
    weights = np.full(held.shape[1], 1 / held.shape[1])
    # EM comes near the optimum at little cost per step but converges slowly; SLSQP takes the last digits.
    for _ in range(rounds):
        before = weights
        weights = weights * (held / (held @ weights)[:, None]).mean(axis=0)
        if np.abs(weights - before).max() < close:
            break

    def loss(w: Floats) -> tuple[float, Floats]:
        mixed = np.maximum(held @ w, SMALLEST)
        return -float(np.log(mixed).mean()), -(held / mixed[:, None]).mean(axis=0)

    polished = _on_simplex(loss, weights)
    # SLSQP may stop early with a worse point, for example where two models are equal.
    return polished if loss(polished)[0] <= loss(weights)[0] else weights


def _on_simplex(loss: Any, start: Floats) -> Floats:
    found = minimize(
        loss,
        start,
        jac=True,
        method="SLSQP",
        bounds=[(0.0, 1.0)] * len(start),
        constraints=LinearConstraint(np.ones((1, len(start))), 1.0, 1.0),
        options={"maxiter": 200, "ftol": 1e-12},
    )
    return shares(np.where(np.isfinite(found.x), found.x, start))
