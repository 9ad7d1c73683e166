"""Weighted sums of models: of their probabilities, their log-odds or their logarithms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.special import expit, logit

from evenhand.base.values import Floats
from evenhand.blending.inputs.stack import Stack

Space = Literal["probability", "logit", "log"]
"""The space of the sum: probabilities; log-odds of each class; logarithms (equivalent to raw scores before the
softmax, since a constant per row cancels out)."""

SMALLEST = 1e-12
"""Lower limit of probabilities in logarithms."""


def into(space: Space, table: Floats) -> Floats:
    """Return (n, k) float64: probabilities in `space`."""
    if space == "probability":
        return np.asarray(table, dtype=np.float64)
    # One model that is certain and wrong would otherwise veto all others with an infinite logarithm.
    held = np.clip(np.asarray(table, dtype=np.float64), SMALLEST, 1 - SMALLEST)
    return np.asarray(np.log(held) if space == "log" else logit(held))


def out_of(space: Space, table: Floats, *, several: bool = False) -> Floats:
    """Return (n, k) probabilities from `space`; rows sum to 1 unless several labels may hold.

    >>> out_of("log", np.log([[0.2, 0.6]])).round(2).tolist()
    [[0.25, 0.75]]
    """
    if space == "probability":
        return table
    if several:
        return np.asarray(expit(table) if space == "logit" else np.exp(np.minimum(table, 0.0)))
    raised = expit(table) if space == "logit" else np.exp(table - table.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def shares(raw: Floats) -> Floats:
    """Return (m,) non-negative weights that sum to 1; equal ones if none is positive."""
    there = np.where(np.isfinite(raw), np.maximum(raw, 0.0), 0.0)
    total = there.sum()
    return np.asarray(there / total if total > 0 else np.full(len(raw), 1.0 / len(raw)))


@dataclass(frozen=True, eq=False)
class Weighted:
    """A weight per model.

    Attributes
    ----------
    weights
        (m,) not negative, they sum to 1.
    space
        What is summed up.
    several
        Whether several labels may hold for one row, so that rows need not sum to 1.
    """

    weights: Floats
    space: Space = "probability"
    several: bool = False

    def apply(self, stack: Stack) -> Floats:
        out = np.zeros((len(stack), stack.k))
        for weight, table in zip(self.weights, stack.tables, strict=True):
            # A model of weight 0 may not have been run at all (`Predictor`).
            if weight:
                out += weight * into(self.space, table)
        return out_of(self.space, out, several=self.several)

    def document(self) -> dict[str, Any]:
        return {"weights": self.weights.tolist()} | ({} if self.space == "probability" else {"space": self.space})


@dataclass(frozen=True, eq=False)
class WeightedByClass:
    """A weight per model and class.

    Attributes
    ----------
    class_weights
        (m, k); they may be negative. Sums below 0 count as 0, and rows are scaled to sum 1; a row with nothing
        left gets the plain mean.
    """

    class_weights: Floats

    def apply(self, stack: Stack) -> Floats:
        out = np.zeros((len(stack), stack.k))
        for weights, table in zip(self.class_weights, stack.tables, strict=True):
            out += weights * table
        np.maximum(out, 0.0, out=out)
        total = out.sum(axis=1, keepdims=True)
        # Negative weights can cancel all models; such a row falls back to their mean.
        return np.where(total > SMALLEST, out / np.maximum(total, SMALLEST), stack.mean())

    def document(self) -> dict[str, Any]:
        return {
            "weights": shares(self.class_weights.mean(axis=1)).tolist(),
            "class_weights": self.class_weights.tolist(),
        }
