"""How sure predictions are: quantiles of confidence over all rows, right ones and wrong ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from evenhand.base.values import Floats, Mask, Predictions
from evenhand.evaluation.core.evaluated_rows import known, rows_of
from evenhand.evaluation.figures.calibration import row_confidence
from evenhand.evaluation.figures.row_share import right_rows


@dataclass(frozen=True)
class ConfidenceQuantiles:
    """Quantiles of the confidence of some rows; NaN without rows.

    Attributes
    ----------
    of
        Which rows: "all", "right", "wrong", "held out by the run".
    n
        Rows.
    p10, p50, p90
        Quantiles.
    """

    of: str
    n: int
    p10: float
    p50: float
    p90: float

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {name: None if value != value else value for name, value in vars(self).items()}


def quantiles(of: str, confidence: Floats) -> ConfidenceQuantiles:
    """Return the 10 %, 50 % and 90 % quantiles of confidences (n,)."""
    found = np.quantile(confidence, [0.1, 0.5, 0.9]) if len(confidence) else np.full(3, np.nan)
    return ConfidenceQuantiles(of, len(confidence), *map(float, found))


def confidence_quantiles(p: Predictions, held_out: Predictions) -> tuple[ConfidenceQuantiles, ...]:
    """Return quantiles over all rows, over right and wrong ones where truth is known, and over the run's own.

    Parameters
    ----------
    p
        Predictions of new rows.
    held_out
        Out-of-fold predictions of the same model.
    """
    sure = row_confidence(p.probabilities, several=p.multi_label)
    out = [quantiles("all", sure)]
    right = rows_right(p)
    if right is not None:
        there, hit = right
        out += [quantiles("right", sure[there][hit]), quantiles("wrong", sure[there][~hit])]
    usual = row_confidence(held_out.probabilities, several=held_out.multi_label)
    return (*out, quantiles("held out by the run", usual))


def rows_right(p: Predictions) -> tuple[Mask, Mask] | None:
    """Return (n,) bool the rows with a known truth, and which of those are right; None without any."""
    if p.truth is None or not (there := known(p.truth)).any():
        return None
    return np.asarray(there), right_rows(rows_of(p.take(there)))
