"""The part of a measure that the content of a row does not explain."""

from __future__ import annotations

import numpy as np

from evenhand.base.values import Floats


def unexplained(measure: Floats, content: Floats) -> Floats:
    """Return (n,) residuals of a measure (n,) after ridge regression on measures (n, d) of the content."""
    from scipy import linalg  # all kinds import this module, and few of their uses need it

    deviation = content.std(axis=0)
    # Clipped, so that a few extreme files do not decide the fit.
    x = np.clip((content - content.mean(axis=0)) / np.where(deviation > 1e-9, deviation, np.inf), -5, 5)
    gram = x.T @ x + 1e-3 * len(x) * np.eye(x.shape[1])
    left = measure - measure.mean()
    return np.asarray(left - x @ linalg.solve(gram, x.T @ left, assume_a="pos"))
