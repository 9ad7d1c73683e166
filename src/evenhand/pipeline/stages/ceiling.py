"""The ceiling of a run's scores that disagreement of raters sets, where labels are shares of counted raters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evenhand.base.values import Predictions, Samples
from evenhand.evaluation.core.evaluated_rows import known
from evenhand.evaluation.figures.rater_ceiling import rater_ceiling, rater_labels
from evenhand.settings.load import Settings

NAME = "ceiling: agreement of raters"
"""Its name in the scores, where it is no model: it is neither chosen nor blended."""


def ceiling_figures(
    p: Predictions, settings: Settings, samples: Samples, names: Sequence[str]
) -> dict[str, Any] | None:
    """Return metric -> figure of an ideal model on the rows of `p`; None where raters were not counted.

    Parameters
    ----------
    p
        Predictions of any model: their rows, truth and groups count.
    names
        Names of metrics.
    """
    if p.truth is None or p.truth.ndim != 2 or samples.weights is None:
        return None
    at = {name: row for row, name in enumerate(samples.ids)}
    rows = np.flatnonzero(known(p.truth))
    raters = samples.weights[[at[name] for name in p.ids[rows]]]
    groups = None if p.groups is None else p.groups[rows]
    labels = rater_labels(p.classes, p.truth[rows], raters, groups=groups, truth_threshold=p.truth_threshold)
    if labels is None:
        return None
    how = settings.evaluate
    found = rater_ceiling(
        labels, names, sets=settings.classes.sets, levels=samples.levels, level=how.level, seed=how.seed
    )
    return {name: figure.document() for name, figure in found.items()}
