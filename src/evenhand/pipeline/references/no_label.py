"""The floor of rows that may have several labels: a model that predicts none of them.

Where labels are rare, a Hamming loss near 0 is what silence reaches too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from evenhand.base.values import Interval, Predictions
from evenhand.evaluation.core.evaluated_rows import known
from evenhand.evaluation.figures.evaluate import evaluate
from evenhand.evaluation.metrics.metric_names import Levels, Sets, parse

NAME = "floor: no label"
"""Its name in the scores, a reference rather than a model: it is never selected or blended."""


def no_label_figures(
    p: Predictions,
    names: Sequence[str],
    *,
    sets: Sets | None = None,
    levels: Levels | None = None,
    draws: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> dict[str, Interval] | None:
    """Return metric -> figure of predicting no label for any row; None where rows have one label each.

    Metrics of forecasts (log-loss, Brier score, calibration error) are left out, as this is none, and so are those
    of one class.

    Parameters
    ----------
    p
        Predictions of any model: their rows, truth and groups count.
    names, sets, levels, draws, level, seed
        As in `evaluate`.
    """
    if p.truth is None or not p.multi_label or not known(p.truth).any():
        return None
    asked = [
        name for name in names if "[" not in name and not parse(name, sets or (), levels or ()).metric.takes_degrees
    ]
    silent = replace(p, probabilities=np.zeros(p.probabilities.shape), logits=None, learned={}, model=NAME)
    return evaluate(silent, asked, sets=sets, levels=levels, draws=draws, level=level, seed=seed) if asked else {}
