"""Log-loss of raw scores, with its gradient."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

from evenhand.base.errors import DataError
from evenhand.base.values import Floats, Ints
from evenhand.blending.core.weighted_sums import SMALLEST


def logs(probabilities: Floats) -> Floats:
    """Return (n, k) float64 logarithms of probabilities, clipped from below at `SMALLEST`."""
    return np.asarray(np.log(np.maximum(np.asarray(probabilities, dtype=np.float64), SMALLEST)))


def log_loss(scores: Floats, truth: Ints) -> tuple[float, Floats]:
    """Return the sum of -log softmax(scores) at the truth, and its (n, k) gradient in the scores."""
    # The array of log-probabilities becomes the gradient in place: it is the largest one here.
    rows = np.arange(len(truth))
    slope = scores - logsumexp(scores, axis=1, keepdims=True)
    loss = -float(slope[rows, truth].sum())
    np.exp(slope, out=slope)
    slope[rows, truth] -= 1.0
    return loss, slope


def minimised(
    objective: Callable[[Floats], tuple[float, Floats]], start: Floats, rows: int, *, steps: int = 300
) -> Floats:
    """Return the minimum of a smooth convex objective (L-BFGS, Liu & Nocedal 1989).

    Parameters
    ----------
    objective
        Parameters -> a sum over rows, and its gradient.
    rows
        Their number; the tolerance applies to the mean over them.

    Raises
    ------
    DataError
        If the objective is not a number.
    """

    def mean(values: Floats) -> tuple[float, Floats]:
        value, slope = objective(values)
        # The tolerance of L-BFGS is absolute: of a sum it would depend on the number of rows.
        return value / rows, slope / rows

    found = minimize(mean, start, jac=True, method="L-BFGS-B", options={"maxiter": steps, "gtol": 1e-6})
    if not np.isfinite(found.fun):
        raise DataError("The log-loss of these predictions is not a number, so nothing can be learned from it.")
    return np.asarray(found.x)
