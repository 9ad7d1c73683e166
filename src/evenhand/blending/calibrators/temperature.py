"""One temperature for all rows and classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import expit, softmax

from evenhand.base.values import Floats
from evenhand.blending.calibrators import CALIBRATORS
from evenhand.blending.core.calibrator import Calibration, Calibrator, Scorer
from evenhand.blending.core.log_loss import log_loss, logs
from evenhand.blending.core.weighted_sums import into


@dataclass(frozen=True)
class Tempered:
    """softmax(log p / temperature): above 1 softens, below 1 sharpens; predicted classes do not change.

    Where several labels may hold, it is sigmoid(log-odds / temperature) of each.
    """

    temperature: float
    several: bool = False

    def apply(self, probabilities: Floats) -> Floats:
        if self.several:
            return np.asarray(expit(into("logit", probabilities) / self.temperature))
        return np.asarray(softmax(logs(probabilities) / self.temperature, axis=1))

    def document(self) -> dict[str, Any]:
        return {"name": "temperature", "temperature": self.temperature}


@CALIBRATORS.register("temperature")
class Temperature(Calibrator):
    """The temperature with the smallest log-loss (Guo et al. 2017, "On Calibration of Modern Neural Networks").

    Where several labels may hold, one temperature for all of them, by the binary cross-entropy of the known ones.
    """

    takes_several: ClassVar[bool] = True

    def calibrate(
        self,
        probabilities: Floats,
        truth: npt.NDArray[Any],
        classes: Sequence[str],
        scorer: Scorer | None = None,
    ) -> Calibration:
        several = truth.ndim == 2
        known = ~np.isnan(truth) if several else slice(None)
        scores, held = (into("logit", probabilities) if several else logs(probabilities))[known], truth[known]

        def loss(log_temperature: float) -> float:
            z = scores * np.exp(-log_temperature)
            return float((np.logaddexp(0.0, z) - held * z).sum()) if several else log_loss(z, held)[0]

        # Over the logarithm, in which the scale of temperatures is even and none is negative.
        found = minimize_scalar(loss, bounds=(-5.0, 5.0), method="bounded", options={"xatol": 1e-6})
        return Tempered(float(np.exp(found.x)), several)
