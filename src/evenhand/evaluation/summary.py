"""The summary behind the report (evaluation.json): confusions, figures per class, calibration, groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evenhand.base.errors import DataError
from evenhand.base.text.unique_names import unique_names
from evenhand.base.values import Interval, Predictions
from evenhand.evaluation.audit.dominant_groups import heaviest
from evenhand.evaluation.core.evaluated_rows import rows_of
from evenhand.evaluation.figures.calibration import reliability
from evenhand.evaluation.figures.confusion import confidently_wrong, confusion_matrix, confusions
from evenhand.evaluation.figures.evaluate import evaluate, labelled

PER_CLASS = ("precision", "recall", "f1")
"""Figures of each class that depend on decisions."""
RANKED = "average_precision"
"""The figure of each class by its ranking, where several labels may hold."""


def summarize(
    entries: Sequence[tuple[str, Predictions]],
    *,
    headline: str,
    draws: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> dict[str, Any]:
    """Return the summary of predictions as plain values for JSON.

    Parameters
    ----------
    entries
        (name of the set, predictions) for every model and ensemble; the name of the model is `p.model`.
    headline
        The model for which classes by group are shown.
    draws, level, seed
        As in `evaluate`.

    Returns
    -------
    document
        "classes", "headline", "entries" (per model and set: "name", "set", "n", "groups", "confusion", "per_class",
        "heaviest", "pairs", "confidently_wrong", "reliability") and "classes_by_group" of the headline's first
        set.
        Intervals are written as `Interval.document`. Where several labels may hold there is no confusion matrix,
        and "confusion" and "pairs" are empty.

    Raises
    ------
    DataError
        If no entry has the name `headline`.
    """
    names = [p.model for _, p in entries]
    if headline not in names:
        raise DataError(f'There are no predictions of "{headline}"; there are: {", ".join(dict.fromkeys(names))}.')
    shown = entries[names.index(headline)][1]
    return {
        "classes": list(shown.classes),
        "headline": headline,
        "entries": [_entry(where, labelled(p), draws, level, seed) for where, p in entries],
        "classes_by_group": classes_by_group(shown) if shown.named_groups is not None else None,
    }


def _entry(where: str, p: Predictions, draws: int, level: float, seed: int) -> dict[str, Any]:
    one = not p.multi_label
    return {
        "name": p.model,
        "set": where,
        "n": len(p),
        "groups": len(p) if p.groups is None else len(set(p.groups)),
        "confusion": confusion_matrix(p).tolist() if one else [],
        "per_class": per_class(p, draws=draws, level=level, seed=seed),
        "heaviest": heaviest(p, draws=draws, level=level, seed=seed),
        "pairs": [pair.document() for pair in confusions(p)] if one else [],
        "confidently_wrong": confidently_wrong(p),
        "reliability": [part.document() for part in reliability(p)],
    }


def per_class(p: Predictions, *, draws: int = 2000, level: float = 0.95, seed: int = 0) -> list[dict[str, Any]]:
    """Return for each class its rows, groups, predictions, precision, recall and F1, as plain values.

    Where several labels may hold, also its average precision, and the share of its rows among those in which it is
    known: the average precision of guessing.
    """
    metrics = (*PER_CLASS, RANKED) if p.multi_label else PER_CLASS
    # In one call: the classes share features, and so one bootstrap.
    names = [f"{metric}[{name}]" for name in p.classes for metric in metrics]
    figures = evaluate(p, names, draws=draws, level=level, seed=seed)
    rows = rows_of(labelled(p))

    def figure(metric: str, name: str) -> Interval:
        return figures[f"{metric}[{name}]"]

    return [
        {
            "class": name,
            "n": int(rows.truth_counts[c]),
            "groups": figure("recall", name).groups,
            "predicted": int(rows.predicted_counts[c]),
            **{metric: figure(metric, name).document() for metric in metrics},
            **(
                {"share": float(rows.truth_counts[c] / max(int(rows.known[:, c].sum()), 1))}
                if p.multi_label
                else {}
            ),
        }
        for c, name in enumerate(p.classes)
    ]


def classes_by_group(p: Predictions, *, most: int = 40) -> dict[str, Any]:
    """Return the numbers of rows and of correct rows by class and group.

    Returns
    -------
    document
        "groups": the `most` largest groups, largest first; "classes"; "rows" and "right": class × group counts;
        "left_out": how many smaller groups are not shown.
    """
    p = labelled(p)
    rows = rows_of(p)
    groups = p.ids if p.groups is None else p.groups
    names, number = unique_names(groups)
    largest = np.argsort(-np.bincount(number), kind="stable")[:most]
    inside = number[:, None] == largest
    return {
        "groups": names[largest].tolist(),
        "classes": list(p.classes),
        "rows": (rows.held.T.astype(np.int64) @ inside).tolist(),
        "right": ((rows.held & rows.claimed).T.astype(np.int64) @ inside).tolist(),
        "left_out": len(names) - len(largest),
    }
