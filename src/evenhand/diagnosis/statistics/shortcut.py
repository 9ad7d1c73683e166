"""Shortcut detection: how well a small tree predicts each class from side measures, on held-out groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from evenhand.base.seeds import generator
from evenhand.base.values import Floats, Ints
from evenhand.diagnosis.statistics.two_sample_test import group_folds


@dataclass(frozen=True, eq=False)
class ReadOff:
    """How well each class is predicted from side measures.

    Attributes
    ----------
    recall, false_alarms
        (k,) share of the rows of the class, and of other rows, that are predicted as the class.
    low
        (k,) lower end of the 95 % interval of recall, counted in groups (Wilson 1927).
    n, groups
        (k,) rows and groups of each class.
    accuracy, commonest
        Share of correct rows; share of the most frequent class, the accuracy of a constant prediction.
    """

    recall: Floats
    false_alarms: Floats
    low: Floats
    n: Ints
    groups: Ints
    accuracy: float
    commonest: float

    @property
    def surplus(self) -> Floats:
        """(k,) Youden's J (1950), recall minus false alarms: 0 is chance, 1 is perfect."""
        return np.asarray(self.recall - self.false_alarms)


def read_off(measures: Floats, label: Ints, group: Ints, k: int, *, folds: int = 5, seed: int = 0) -> ReadOff:
    """Return how well a small decision tree predicts labels from (n, d) measures, cross-validated over groups.

    Parameters
    ----------
    label
        (n,) class indices 0..k-1, all known.
    group
        (n,) groups numbered 0..g-1.
    """
    fold = group_folds(group, folds, generator("shortcut", seed))
    guessed = np.full(len(label), -1)
    for f in range(folds):
        held = fold == f
        # With fewer groups than folds some folds are empty.
        if held.any() and not held.all():
            guessed[held] = _tree(measures[~held], label[~held], measures[held])
    n = np.bincount(label, minlength=k)
    right = np.bincount(label[guessed == label], minlength=k)
    called = np.bincount(guessed[guessed >= 0], minlength=k)
    recall = right / np.maximum(n, 1)
    pairs = np.unique(np.column_stack([label, group]), axis=0)
    groups = np.bincount(pairs[:, 0], minlength=k)
    return ReadOff(
        recall=recall,
        false_alarms=(called - right) / np.maximum(len(label) - n, 1),
        # Counted in groups: rows of one series are right or wrong together.
        low=wilson_low(recall, groups),
        n=n,
        groups=groups,
        accuracy=float((guessed == label).mean()),
        commonest=float(n.max() / len(label)),
    )


def common_labels(labels: Floats, most: int, *, least: int = 10, share: float = 0.8) -> Ints:
    """Return the columns of at most `most` labels that rows hold most often, and that can be told from the others.

    Parameters
    ----------
    labels
        (n, k) labels in 0..1, NaN where unknown; held from 0.5 on.
    least, share
        Fewest rows that hold one, and largest share of those in which it is known.
    """
    held, known = (labels >= 0.5).sum(axis=0), (~np.isnan(labels)).sum(axis=0)
    fit = np.flatnonzero((held >= least) & (held <= share * known))
    return np.asarray(fit[np.argsort(-held[fit], kind="stable")][:most])


def read_off_label(measures: Floats, labels: Floats, group: Ints) -> ReadOff:
    """Return how well one label of (n,) is predicted, as class 1 of 2, over the rows in which it is known."""
    known = ~np.isnan(labels)
    numbers = np.unique(group[known], return_inverse=True)[1].ravel()
    return read_off(measures[known], (labels[known] >= 0.5).astype(np.int64), numbers, 2)


def wilson_low(share: Floats, n: Ints, *, level: float = 0.95) -> Floats:
    """Return the lower limit of a share of n cases (Wilson 1927); 0 for no cases.

    >>> wilson_low(np.array([1.0, 1.0]), np.array([5, 20])).round(2)
    array([0.57, 0.84])
    """
    # Not `scipy.stats.binomtest`: shares of rows over counts of groups are not whole numbers of successes.
    z2 = stats.norm.ppf(0.5 + level / 2) ** 2
    cases = np.maximum(n, 1)
    centre = share + z2 / (2 * cases)
    reach = np.sqrt(z2 * (share * (1 - share) / cases + z2 / (4 * cases**2)))
    return np.asarray(np.where(n > 0, (centre - reach) / (1 + z2 / cases), 0.0))


def _tree(fitted: Floats, label: Ints, asked: Floats) -> Ints:
    from sklearn.tree import DecisionTreeClassifier  # a second to import, and only needed here

    # Balanced weights: without them a tree could reach the accuracy of the commonest class and miss all others.
    tree = DecisionTreeClassifier(max_depth=6, min_samples_leaf=3, class_weight="balanced", random_state=0)
    return np.asarray(tree.fit(fitted, label).predict(asked))
