"""A matrix between classes and a shift per class."""

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
class Mapped:
    """softmax(M log p + shifts).

    Attributes
    ----------
    matrix
        (k, k), row c for class c.
    shifts
        (k,).
    """

    matrix: Floats
    shifts: Floats

    def apply(self, probabilities: Floats) -> Floats:
        return np.asarray(softmax(logs(probabilities) @ self.matrix.T + self.shifts, axis=1))

    def document(self) -> dict[str, Any]:
        return {"name": "dirichlet", "matrix": self.matrix.tolist(), "shifts": self.shifts.tolist()}


@CALIBRATORS.register("dirichlet")
class Dirichlet(Calibrator):
    """Dirichlet calibration with off-diagonal and intercept regularisation (Kull et al. 2019, eq. 9 and 4.2).

    It can move probability from one class to another that it is confused with, and has k² + k parameters.
    """

    off_diagonal: float = option(
        0.5,
        gt=0,
        description="How strongly entries off the diagonal are pulled towards 0: times k², as more classes leave "
        "fewer rows for each entry; the log-loss is a sum over rows.",
    )
    shift: float = option(1.0, gt=0, description="How strongly shifts are pulled towards 0.")
    diagonal: float = option(
        1.0, ge=0, description="How strongly the diagonal is pulled towards 1; the paper has 0."
    )

    def calibrate(
        self, probabilities: Floats, truth: Ints, classes: Sequence[str], scorer: Scorer | None = None
    ) -> Calibration:
        scores, k = logs(probabilities), len(classes)
        start = np.concatenate([np.eye(k).ravel(), np.zeros(k)])
        strength = np.full((k, k), self.off_diagonal * k * k)
        np.fill_diagonal(strength, self.diagonal)
        strengths = np.concatenate([strength.ravel(), np.full(k, self.shift)])

        def objective(values: Floats) -> tuple[float, Floats]:
            loss, slope = log_loss(scores @ values[: k * k].reshape(k, k).T + values[k * k :], truth)
            away = values - start
            pull = np.concatenate([(slope.T @ scores).ravel(), slope.sum(axis=0)])
            return loss + float(strengths @ away**2) / 2, pull + strengths * away

        found = minimised(objective, start, len(truth))
        return Mapped(found[: k * k].reshape(k, k), found[k * k :])
