"""A shift per class that maximises a score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import softmax

from evenhand.base.settings.section import option
from evenhand.base.values import Floats, Ints
from evenhand.blending.calibrators import CALIBRATORS
from evenhand.blending.core.calibrator import Calibration, Calibrator, Scorer
from evenhand.blending.core.log_loss import logs
from evenhand.evaluation.figures.score import fast_score


@dataclass(frozen=True, eq=False)
class Shifted:
    """softmax(log p + shifts); shifts (k,)."""

    shifts: Floats

    def apply(self, probabilities: Floats) -> Floats:
        return np.asarray(softmax(logs(probabilities) + self.shifts, axis=1))

    def document(self) -> dict[str, Any]:
        return {"name": "bias", "shifts": self.shifts.tolist()}


@CALIBRATORS.register("bias")
class Bias(Calibrator):
    """Shifts of the logarithms, found class by class to maximise a score.

    It changes decisions, not confidence: rare classes gain if the score counts them. Thresholds tuned on the rows
    that they are evaluated on are the most optimistic of all, which is why they are cross-fitted here.
    """

    score: dict[str, float] = option({"macro_f1": 1.0}, description="Metrics to maximise, with weights.")
    steps: list[float] = option([1.0, 0.5, 0.25], description="Sizes of the shifts to try, one round each.")
    least_gain: float = option(1e-3, ge=0, description="Smallest gain of the score for which a shift is kept.")

    def calibrate(
        self, probabilities: Floats, truth: Ints, classes: Sequence[str], scorer: Scorer | None = None
    ) -> Calibration:
        scores = logs(probabilities)
        shifts = np.zeros(len(classes))

        def score() -> float:
            shifted = np.asarray(softmax(scores, axis=1))
            return scorer(shifted, self.score) if scorer else fast_score(shifted, truth, classes, self.score)[0]

        best = score()
        for size in self.steps:
            for c in range(len(classes)):
                # Coordinate by coordinate: the score is piecewise constant, so there is no gradient to follow.
                for step in (size, -size):
                    scores[:, c] += step  # and taken back: a copy for every trial would be slow
                    tried = score()
                    scores[:, c] -= step
                    if tried > best + self.least_gain:
                        best = tried
                        shifts[c] += step
                        scores[:, c] += step
                        break
        return Shifted(shifts)
