"""Figures of a class with and without the group that dominates it.

If one group has more than half of a class, figures of that class are mostly figures of that group: one person, one
place, one series. An interval over groups is then wide and does not show why.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evenhand.base.text.unique_names import unique_names
from evenhand.base.values import Floats, Predictions
from evenhand.evaluation.core.evaluated_rows import rows_of
from evenhand.evaluation.figures.evaluate import evaluate, labelled

FIGURES = ("precision", "recall", "f1")


def heaviest(
    p: Predictions, *, over: float = 0.5, draws: int = 2000, level: float = 0.95, seed: int = 0
) -> list[dict[str, Any]]:
    """Return figures with and without the dominant group, for each class that has one.

    Parameters
    ----------
    p
        Predictions with their truth and groups; without named groups nothing is found.
    over
        A class is reported if one group has more than this share of its rows.
    draws, level, seed
        As in `evaluate`.

    Returns
    -------
    classes
        For each such class "class", "group", "share" (of the class's rows, 0..1), "rows" (of the class in the
        group), "of" (of the class in total), "effective" (`effective_groups`), "with" and "without": precision,
        recall and F1 as `Interval.document`. "without" excludes all rows of the group, also those of other classes.

    Raises
    ------
    DataError
        If no row has a known truth.
    """
    p = labelled(p)
    if p.named_groups is None:
        return []
    names, number = unique_names(p.named_groups)
    held = rows_of(p).held
    out = []
    for c, name in enumerate(p.classes):
        counts = np.bincount(number[held[:, c]], minlength=len(names))
        if not counts.sum() or counts.max() <= over * counts.sum():
            continue
        group = int(counts.argmax())
        out.append(
            {
                "class": name,
                "group": names[group],
                "share": float(counts[group] / counts.sum()),
                "rows": int(counts[group]),
                "of": int(counts.sum()),
                "effective": effective_groups(counts / counts.sum()),
                "with": _figures(p, name, draws, level, seed),
                "without": _figures(p.take(np.flatnonzero(number != group)), name, draws, level, seed),
            }
        )
    return out


def effective_groups(shares: Floats | Sequence[float]) -> float:
    """Return the effective number of groups: one over the sum of squared shares.

    The inverse of Simpson's index (Hill 1973, number of order 2), 1 where all rows lie in one group.

    >>> effective_groups([0.5, 0.5, 0.0])
    2.0
    """
    return float(1.0 / np.square(np.asarray(shares, dtype=np.float64)).sum())


def _figures(p: Predictions, name: str, draws: int, level: float, seed: int) -> dict[str, Any] | None:
    if not len(p):
        return None
    metrics = [f"{figure}[{name}]" for figure in FIGURES]
    found = evaluate(p, metrics, draws=draws, level=level, seed=seed)
    return {figure: found[metric].document() for figure, metric in zip(FIGURES, metrics, strict=True)}
