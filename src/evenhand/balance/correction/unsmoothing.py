"""What label smoothing adds to a model's beliefs, most of it taken off again after the training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evenhand.base.values import Floats

LEFT = 0.2
"""Part of the smoothing that stays on: subtraction magnifies what a network is unsure of, most in rare classes.

With all of it taken off, small networks said far too much of rare classes; with none, they said too little of them
in the rows that are theirs (docs/reference/balance.md has the figures).
"""
LEAST = 0.05
"""Part of the spread that a class keeps: a network's probabilities scatter about e/k, and none may become 0."""


def remaining(share: float, left: float = LEFT) -> float:
    """Return the share of smoothing that is still on probabilities once all but `left` of it was taken off.

    >>> round(remaining(0.1, 0.2), 5), remaining(0.1, 0.0), remaining(0.1, 1.0)
    (0.02174, 0.0, 0.1)
    """
    return left * share / (1.0 - (1.0 - left) * share) if share else 0.0


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
    multi_label
        Whether several classes may hold for one row; half of the share is then spread over yes and no of each.
    left
        Part of the smoothing that is not taken off, 0 to 1.
    least
        Part of the uniform share below which no probability falls, before weights and shifts.
    """

    share: float
    lean: Floats
    multi_label: bool = False
    left: float = LEFT
    least: float = LEAST

    def removed(self, logits: Floats) -> Floats:
        """Return (n, k) logits as of a model trained with less smoothing, `remaining(share, left)`.

        Parameters
        ----------
        logits
            (n, k) as trained.
        """
        # smoothing acts before weights and shifts, so these come off first and go on again last
        off = (1.0 - self.left) * self.share
        if self.multi_label:
            half = self.share / 2
            p = _sigmoid(logits - self.lean)
            q = np.clip((p - off / 2) / (1.0 - off), self.least * half, 1.0 - self.least * half)
            return np.asarray(np.log(q) - np.log1p(-q) + self.lean)
        k = len(self.lean)
        p = _softmax(logits - self.lean)
        return np.asarray(np.log(np.maximum(p - off / k, self.least * self.share / k)) + self.lean)

    def added(self, logits: Floats) -> Floats:
        """Return (n, k) logits as of a model trained on smoothed targets, from those of one on plain targets.

        The whole share is added.
        """
        p = _softmax(logits - self.lean)
        return np.asarray(np.log((1.0 - self.share) * p + self.share / len(self.lean)) + self.lean)

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {
            "share": self.share,
            "lean": self.lean.tolist(),
            "several": self.multi_label,
            "left": self.left,
            "least": self.least,
        }

    @staticmethod
    def of(document: Mapping[str, Any] | None) -> Unsmoothing | None:
        """Return what `document` returned as a value again; None for None."""
        if document is None:
            return None
        # Older documents name neither: all of it was taken off then, and the shift beside it counts on that.
        left, least = float(document.get("left", 0.0)), float(document.get("least", 0.02))
        lean = np.asarray(document["lean"])
        return Unsmoothing(float(document["share"]), lean, bool(document["several"]), left, least)


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
    # As tanh, which does not overflow for logits of any size.
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logits)))
