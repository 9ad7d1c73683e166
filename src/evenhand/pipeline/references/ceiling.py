"""The ceiling of a run's scores that disagreement of raters sets, where labels are shares of counted raters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evenhand.base.values import Floats, Interval, Predictions, Samples
from evenhand.evaluation.core.evaluated_rows import known
from evenhand.evaluation.figures.rater_ceiling import rater_ceiling, rater_labels
from evenhand.evaluation.metrics.metric_names import Levels, Sets
from evenhand.settings.load import Settings

NAME = "ceiling: agreement of raters"
"""Its name in the scores, a reference rather than a model: it is never selected or blended."""


def ceiling_figures(
    p: Predictions, settings: Settings, samples: Samples, names: Sequence[str]
) -> dict[str, Any] | None:
    """Return metric -> figure of an ideal model on the rows of `p`, as plain values; None without counted raters.

    Parameters
    ----------
    p
        Predictions of any model: their rows, truth and groups count.
    names
        Names of metrics.
    """
    how = settings.evaluate
    found = ceiling_of(
        p,
        raters_of(p, samples),
        [name for name in names if "[" not in name],  # metrics of single classes would take most of the time
        sets=settings.classes.sets,
        levels=samples.levels,
        level=how.level,
        seed=how.seed,
    )
    return None if found is None else {name: figure.document() for name, figure in found.items()}


def raters_of(p: Predictions, samples: Samples) -> Floats | None:
    """Return (n,) the weights of the rows of `p` among samples; None if the samples have none."""
    if samples.weights is None:
        return None
    at = {name: row for row, name in enumerate(samples.ids)}
    return np.asarray(samples.weights[[at[name] for name in p.ids]])


def ceiling_of(
    p: Predictions,
    raters: Floats | None,
    names: Sequence[str],
    *,
    sets: Sets | None = None,
    levels: Levels | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> dict[str, Interval] | None:
    """Return metric -> figure of an ideal model on the rows of `p`; None where raters were not counted.

    Parameters
    ----------
    raters
        (n,) numbers of raters of the rows of `p`.
    """
    if p.truth is None or p.truth.ndim != 2 or raters is None:
        return None
    rows = np.flatnonzero(known(p.truth))
    groups = None if p.groups is None else p.groups[rows]
    labels = rater_labels(p.classes, p.truth[rows], raters[rows], groups=groups, truth_threshold=p.truth_threshold)
    return (
        None if labels is None else rater_ceiling(labels, names, sets=sets, levels=levels, level=level, seed=seed)
    )
