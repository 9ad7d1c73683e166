"""One temperature for all rows and classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import softmax

from evenhand.base.values import Floats, Ints
from evenhand.blending.calibrators import CALIBRATORS
from evenhand.blending.core.calibrator import Calibration, Calibrator, Scorer
from evenhand.blending.core.log_loss import log_loss, logs


@dataclass(frozen=True)
class Tempered:
    """softmax(log p / temperature): above 1 softens, below 1 sharpens; predicted classes do not change."""

    temperature: float

    def apply(self, probabilities: Floats) -> Floats:
        return np.asarray(softmax(logs(probabilities) / self.temperature, axis=1))

    def document(self) -> dict[str, Any]:
        return {"name": "temperature", "temperature": self.temperature}


@CALIBRATORS.register("temperature")
class Temperature(Calibrator):
    """The temperature with the smallest log-loss (Guo et al. 2017, "On Calibration of Modern Neural Networks")."""

    def calibrate(
        self, probabilities: Floats, truth: Ints, classes: Sequence[str], scorer: Scorer | None = None
    ) -> Calibration:
        scores = logs(probabilities)

        def loss(log_temperature: float) -> float:
            return log_loss(scores * np.exp(-log_temperature), truth)[0]

        # Over the logarithm, in which the scale of temperatures is even and none is negative.
        found = minimize_scalar(loss, bounds=(-5.0, 5.0), method="bounded", options={"xatol": 1e-6})
        return Tempered(float(np.exp(found.x)))
