"""Decisions as early as a confidence allows, with the precision that they reach on rows that did not choose it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from evenhand.base.errors import DataError
from evenhand.base.values import Floats, Interval, Ints, Mask, Predictions
from evenhand.evaluation.figures.evaluate import evaluate


@dataclass(frozen=True, eq=False)
class Decisions:
    """What comes of deciding each row at the first step at which its confidence suffices.

    Attributes
    ----------
    target
        The precision that was asked for: the share of decided rows that are right.
    precision
        The precision reached on held-out rows, with its interval; None if no row was decided.
    decided, rows
        How many rows were decided, of how many.
    steps
        (rows,) int64 step of each decision, -1 where a row is left undecided.
    thresholds
        Confidence per fold, chosen on the other folds; infinite where no confidence reached the target there.
    threshold
        Confidence chosen on all folds, for new rows; infinite likewise.
    """

    target: float
    precision: Interval | None
    decided: int
    rows: int
    steps: Ints
    thresholds: tuple[float, ...]
    threshold: float = float("inf")

    @property
    def median_step(self) -> float:
        """Median step of the decisions; NaN if there is none."""
        made = self.steps[self.steps >= 0]
        return float(np.median(made)) if len(made) else float("nan")

    def document(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "target": self.target,
            "precision": None if self.precision is None else self.precision.document(),
            "decided": self.decided,
            "rows": self.rows,
            "median_step": self.median_step if self.decided else None,
            "thresholds": [value if np.isfinite(value) else None for value in self.thresholds],
            "threshold": self.threshold if np.isfinite(self.threshold) else None,
        }


def decide(
    p: Predictions, table: Floats, steps: Ints, target: float, *, lengths: Ints | None = None, draws: int = 2000
) -> Decisions:
    """Return decisions on rows, each fold with the confidence that the other folds needed for the target.

    A row is decided at the first step at which its most probable class has at least that probability. The
    confidence is the smallest at which the decisions of the other folds reach the target, so that no row takes part
    in choosing its own.

    Parameters
    ----------
    p
        Predictions with truth and folds, of one label per row; all of their truth is known.
    table
        (t, n, k) probabilities of the same rows after each number of steps.
    steps
        (t,) these numbers, in ascending order.
    target
        Precision from 0 to 1.
    lengths
        (n,) steps of each whole row: a shorter one is decided at its end, not at the step asked for. None where no
        row is shorter.
    draws
        Bootstrap replicates.

    Raises
    ------
    DataError
        If rows have no folds, or only one.
    """
    if p.fold is None or len(np.unique(p.fold)) < 2:
        raise DataError("Decisions need rows of at least two folds: a confidence is chosen on other folds.")
    confidence, predicted = table.max(axis=2), table.argmax(axis=2)
    right = predicted == np.asarray(p.truth)[None, :]
    at = np.full(len(p), -1)
    thresholds = []
    for fold in range(int(p.fold.max()) + 1):
        own = p.fold == fold
        needed = _least_confidence(confidence[:, ~own], right[:, ~own], target)
        thresholds.append(needed)
        at[own] = _first(confidence[:, own] >= needed)
    made = at >= 0
    reached = steps[at] if lengths is None else np.minimum(steps[at], lengths)
    out = np.where(made, reached, -1)
    precision = None
    if made.any():
        rows = np.flatnonzero(made)
        decided = Predictions(
            ids=p.ids[rows],
            classes=p.classes,
            probabilities=table[at[rows], rows],
            truth=np.asarray(p.truth)[rows],
            groups=None if p.groups is None else p.groups[rows],
            families=p.families,
            model=p.model,
            origin=p.origin,
        )
        precision = evaluate(decided, ["accuracy"], draws=draws)["accuracy"]
    everywhere = _least_confidence(confidence, right, target)
    return Decisions(target, precision, int(made.sum()), len(p), out, tuple(thresholds), everywhere)


def _first(reached: Mask) -> Ints:
    """Return (n,) the first of t steps at which (t, n) is true, -1 for none."""
    return np.where(reached.any(axis=0), reached.argmax(axis=0), -1)


def _least_confidence(confidence: Floats, right: Mask, target: float) -> float:
    """Return the smallest confidence of a grid at which decisions reach the target; infinite if none does."""
    grid = np.unique(np.quantile(confidence, np.linspace(0, 1, 200)))
    for threshold in grid:
        at = _first(confidence >= threshold)
        made = np.flatnonzero(at >= 0)
        if len(made) and right[at[made], made].mean() >= target:
            return float(threshold)
    return float("inf")
