"""A threshold per label, moved to 0.5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from evenhand.base.settings.section import option
from evenhand.base.values import Floats, Mask
from evenhand.blending.calibrators import CALIBRATORS
from evenhand.blending.core.calibrator import Calibration, Calibrator, Scorer
from evenhand.evaluation.core.evaluated_rows import THRESHOLD


@dataclass(frozen=True, eq=False)
class Thresholded:
    """p (1 - t) / (p (1 - t) + (1 - p) t): odds over the odds of the threshold, so that t becomes 0.5.

    Attributes
    ----------
    classes
        The k class names.
    thresholds
        (k,) in (0, 1).
    """

    classes: tuple[str, ...]
    thresholds: Floats

    def apply(self, probabilities: Floats) -> Floats:
        p = np.asarray(probabilities, dtype=np.float64)
        # Odds as a ratio of products: 0 and 1 stay what they are, and no logarithm of 0 is taken.
        above, below = p * (1 - self.thresholds), (1 - p) * self.thresholds
        return np.asarray(above / (above + below))

    def document(self) -> dict[str, Any]:
        return {
            "name": "thresholds",
            "thresholds": dict(zip(self.classes, self.thresholds.tolist(), strict=True)),
        }


@CALIBRATORS.register("thresholds")
class Thresholds(Calibrator):
    """The threshold of each label with the best F1, for rows that may have several labels.

    Probabilities are moved by the odds of the threshold, so that a label is predicted from 0.5 on as ever. The
    order of the rows within a label stays, and with it `roc_auc` and `average_precision`; log-loss and Brier score
    get worse, since a threshold is about decisions and not about confidence. Tuned and evaluated on the same rows
    F1 is optimistic (Lipton, Elkan & Naryanaswamy 2014), the more so the rarer a label is: here thresholds come
    from the other folds.
    """

    takes_several: ClassVar[bool] = True
    takes_one: ClassVar[bool] = False

    beta: float = option(1.0, gt=0, le=10, description="Weight of recall in the F-score: 1 is F1.")
    least_positives: int = option(
        5, ge=1, unit="rows", description="Labels with fewer rows keep the threshold of 0.5."
    )

    def calibrate(
        self, probabilities: Floats, truth: npt.NDArray[Any], classes: Sequence[str], scorer: Scorer | None = None
    ) -> Calibration:
        found = np.full(len(classes), THRESHOLD)
        for c in range(len(classes)):
            known = ~np.isnan(truth[:, c])
            held = truth[known, c] > 0
            if self.least_positives <= held.sum() < len(held):
                found[c] = best_threshold(probabilities[known, c], held, beta=self.beta)
        return Thresholded(tuple(classes), found)


def best_threshold(score: Floats, held: Mask, *, beta: float = 1.0) -> float:
    """Return the threshold with the largest F-score, halfway between two scores; of equals the nearest to 0.5.

    Parameters
    ----------
    score
        (n,) probabilities; those of at least the threshold are predicted.
    held
        (n,) bool, at least one of them true.

    Examples
    --------
    >>> best_threshold(np.array([0.1, 0.2, 0.4, 0.3]), np.array([False, False, True, True]))
    0.25
    """
    values, at = np.unique(np.asarray(score, dtype=np.float64), return_inverse=True)
    # From the highest score down: so many are found, and so many are predicted, by a threshold just below each.
    found = np.cumsum(np.bincount(at, weights=held, minlength=len(values))[::-1])[::-1]
    predicted = np.cumsum(np.bincount(at, minlength=len(values))[::-1])[::-1]
    square = beta**2
    figure = (1 + square) * found / (square * held.sum() + predicted)
    # Below the lowest score lies 0; a score of 0 is predicted by no threshold above it.
    lower = np.concatenate([[0.0], values[:-1]])
    between = (values + lower) / 2
    between = np.where(between > lower, between, values)  # between two neighbouring floats there is none
    figure = np.where(values > 0, figure, -1.0)
    best = np.clip(between[figure >= figure.max() - 1e-12], np.nextafter(0, 1), np.nextafter(1, 0))
    # Where 0.5 lies in the gap itself, nothing need be moved.
    gap = np.searchsorted(values, THRESHOLD)
    if gap < len(values) and figure[gap] >= figure.max() - 1e-12:
        return THRESHOLD
    return float(best[np.abs(best - THRESHOLD).argmin()])
