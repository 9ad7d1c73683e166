"""Calibrate predictions, cross-fitted: no row contributes to its own correction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from evenhand.base.values import Predictions
from evenhand.blending.core.crossfit import crossfit
from evenhand.blending.core.spec import recipe
from evenhand.blending.inputs.align import align
from evenhand.blending.inputs.stack import stack_of


def calibrate(
    p: Predictions, method: str = "temperature", *, score: Mapping[str, float] | None = None, seed: int = 0
) -> Predictions:
    """Return out-of-fold predictions, the rows of each fold calibrated by what was learned from the other folds.

    Parameters
    ----------
    p
        With truth and at least two folds.
    method
        "temperature", "vector", "dirichlet", "bias", or several joined by +.
    score
        Metric -> weight, for a calibrator that maximises a score.

    Raises
    ------
    EvenhandError
        If there is no such calibrator.
    DataError
        If truth or folds are not known.
    """
    stack = stack_of(align([p]))
    fitted = crossfit(recipe(f"equal+{method}", score=score), stack, seed)
    return replace(p, probabilities=fitted.out_of_fold(stack), logits=None)
