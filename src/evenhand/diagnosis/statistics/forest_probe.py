"""How well a small forest predicts labels from measures that are not content, against chance, with an interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenhand.base.seeds import generator
from evenhand.base.values import Floats, Ints, Predictions
from evenhand.diagnosis.statistics.two_sample_test import group_folds
from evenhand.evaluation.figures.evaluate import evaluate

TREES = 30
"""Trees of the forest; more change the second digit of its macro-F1 by one or two."""


@dataclass(frozen=True)
class ForestProbe:
    """Macro-F1 of a probe with its interval over groups, and the macro-F1 of chance.

    Attributes
    ----------
    macro_f1, low, high
        Of held-out rows, and the 95 % interval; it is 0 to 1 where it cannot be estimated.
    chance
        Macro-F1 expected of guesses in the same shares, independent of the truth.
    n, groups
        Rows and groups.
    """

    macro_f1: float
    low: float
    high: float
    chance: float
    n: int
    groups: int

    def gain(self, figure: float) -> float:
        """Return the share of what is left above chance that a macro-F1 reaches: 0 is chance, 1 is perfect."""
        return (figure - self.chance) / max(1e-9, 1 - self.chance)


def forest_probe(
    measures: Floats, label: Ints, group: Ints, classes: tuple[str, ...], *, least_gain: float, seed: int = 0
) -> ForestProbe | None:
    """Return how well (n, d) measures predict labels on held-out groups; None if a tree gains too little.

    A tree costs a tenth of a second and gets most of what a forest does, so that the forest and its interval are
    computed only where there is something to name.

    Parameters
    ----------
    label, group
        (n,) class indices, all known; groups numbered 0..g-1.
    least_gain
        Least share of what is left above chance (`ForestProbe.gain`), for the tree.
    """
    fold, k = group_folds(group, 5, generator("shortcut", seed)), len(classes)
    tree = _held_out(measures, label, fold, trees=1)
    if tree is None:
        return None
    chance = _chance(label, tree, k)
    if _macro_f1(label, tree, k) - chance < least_gain * (1 - chance):
        return None
    guessed = _held_out(measures, label, fold, trees=TREES)
    assert guessed is not None
    predictions = Predictions(
        ids=np.arange(len(label)).astype(str).astype(object),
        classes=classes,
        probabilities=np.eye(k)[guessed],
        truth=label,
        groups=group.astype(str).astype(object),
    )
    figure = evaluate(predictions, ["macro_f1"], draws=500)["macro_f1"]
    low, high = (0.0, 1.0) if figure.low is None or figure.high is None else (figure.low, figure.high)
    groups = len(np.unique(group))
    return ForestProbe(float(figure.estimate or 0.0), low, high, _chance(label, guessed, k), len(label), groups)


def forest_macro_f1(features: Floats, label: Ints, group: Ints, k: int, *, seed: int = 0) -> float | None:
    """Return the macro-F1 of the same forest on (n, d) other features and the same folds; None with one group."""
    guessed = _held_out(features, label, group_folds(group, 5, generator("shortcut", seed)), trees=TREES)
    return None if guessed is None else _macro_f1(label, guessed, k)


def _held_out(measures: Floats, label: Ints, fold: Ints, *, trees: int) -> Ints | None:
    """Return (n,) classes predicted by forests of other folds; None if there is a single fold."""
    from sklearn.ensemble import RandomForestClassifier  # a second to import, and only needed here

    if len(np.unique(fold)) < 2:
        return None
    guessed = np.zeros(len(label), dtype=np.int64)
    for f in np.unique(fold):
        held = fold == f
        forest = RandomForestClassifier(trees, bootstrap=trees > 1, max_features="sqrt", random_state=0)
        guessed[held] = forest.fit(measures[~held], label[~held]).predict(measures[held])
    return guessed


def _macro_f1(label: Ints, guessed: Ints, k: int) -> float:
    n, called = np.bincount(label, minlength=k), np.bincount(guessed, minlength=k)
    right = np.bincount(label[label == guessed], minlength=k)
    return float((2 * right / np.maximum(n + called, 1))[n > 0].mean())


def _chance(label: Ints, guessed: Ints, k: int) -> float:
    """Return the macro-F1 of guesses in the same shares: F1 of a class is 2 p q / (p + q) then."""
    p, q = (np.bincount(of, minlength=k) / len(of) for of in (label, guessed))
    return float((2 * p * q / np.maximum(p + q, 1e-12))[p > 0].mean())
