"""What label smoothing adds to a model's beliefs, taken off again after the training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evenhand.base.values import Floats

LEAST = 0.02
"""Part of the spread that a class keeps: a network's probabilities scatter about e/k, and none may become 0."""


@dataclass(frozen=True, eq=False)
class Unsmoothing:
    """The smoothing of the targets that a model was trained on.

    A model that learns smoothed targets under weights says p(c|x), proportional to
    w_c exp(a_c) ((1 - e) q(c|x) + e/k), where one that learns plain targets says w_c exp(a_c) q(c|x): a shift of
    the logits cannot lead from the one to the other, as the part e/k does not depend on x.

    Attributes
    ----------
    share
        Share of each target that was spread evenly, e.
    lean
        (k,) log w_c + a_c; 0 where several classes may hold.
    several
        Whether several classes may hold for one row; half of the share is then spread over yes and no of each.
    """

    share: float
    lean: Floats
    several: bool = False

    def removed(self, logits: Floats, *, least: float = LEAST) -> Floats:
        """Return (n, k) logits as of a model trained on plain targets.

        Parameters
        ----------
        logits
            (n, k) as trained.
        least
            Part of the uniform share below which no probability falls, before weights and shifts.
        """
        if self.several:
            half = self.share / 2
            p = _sigmoid(logits - self.lean)
            q = np.clip((p - half) / (1.0 - self.share), least * half, 1.0 - least * half)
            return np.asarray(np.log(q) - np.log1p(-q) + self.lean)
        floor = self.share / len(self.lean)
        p = _softmax(logits - self.lean)
        return np.asarray(np.log(np.maximum(p - floor, least * floor)) + self.lean)

    def added(self, logits: Floats) -> Floats:
        """Return (n, k) logits as of a model trained on smoothed targets, from those of one on plain targets."""
        p = _softmax(logits - self.lean)
        return np.asarray(np.log((1.0 - self.share) * p + self.share / len(self.lean)) + self.lean)

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {"share": self.share, "lean": self.lean.tolist(), "several": self.several}

    @staticmethod
    def of(document: Mapping[str, Any] | None) -> Unsmoothing | None:
        """Return what `document` returned as a value again; None for None."""
        if document is None:
            return None
        return Unsmoothing(float(document["share"]), np.asarray(document["lean"]), bool(document["several"]))


def corrected(logits: Floats, shift: Floats | Sequence[float] | None, unsmoothing: Unsmoothing | None) -> Floats:
    """Return (n, k) logits under the prior that probabilities are to stand for.

    Parameters
    ----------
    logits
        (n, k) as trained.
    shift
        (k,) what is added to them, or None for nothing.
    unsmoothing
        What is taken off them before, or None for nothing.
    """
    plain = logits if unsmoothing is None else unsmoothing.removed(logits)
    return plain if shift is None else plain + np.asarray(shift)


def _softmax(logits: Floats) -> Floats:
    with np.errstate(invalid="ignore"):  # logits that are no numbers stay so
        raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _sigmoid(logits: Floats) -> Floats:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logits)))
