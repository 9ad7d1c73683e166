"""A slope and a shift per class."""

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
from evenhand.blending.core.log_loss import log_loss, logs, minimised


@dataclass(frozen=True, eq=False)
class Scaled:
    """softmax(slopes · log p + shifts).

    Attributes
    ----------
    slopes, shifts
        (k,) each.
    """

    slopes: Floats
    shifts: Floats

    def apply(self, probabilities: Floats) -> Floats:
        return np.asarray(softmax(logs(probabilities) * self.slopes + self.shifts, axis=1))

    def document(self) -> dict[str, Any]:
        return {"name": "vector", "slopes": self.slopes.tolist(), "shifts": self.shifts.tolist()}


@CALIBRATORS.register("vector")
class Vector(Calibrator):
    """Vector scaling (Guo et al. 2017), regularised towards slopes of 1 and shifts of 0."""

    ridge: float = option(
        1.0,
        gt=0,
        description="How strongly slopes are pulled towards 1 and shifts towards 0; the log-loss is a sum over "
        "rows.",
    )

    def calibrate(
        self, probabilities: Floats, truth: Ints, classes: Sequence[str], scorer: Scorer | None = None
    ) -> Calibration:
        scores, k = logs(probabilities), len(classes)
        start = np.concatenate([np.ones(k), np.zeros(k)])

        def objective(values: Floats) -> tuple[float, Floats]:
            loss, slope = log_loss(scores * values[:k] + values[k:], truth)
            away = values - start
            pull = np.concatenate([(slope * scores).sum(axis=0), slope.sum(axis=0)])
            return loss + self.ridge / 2 * float(away @ away), pull + self.ridge * away

        found = minimised(objective, start, len(truth))
        return Scaled(found[:k], found[k:])
