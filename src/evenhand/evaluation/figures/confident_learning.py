"""Suspected label errors: confident learning on out-of-fold probabilities.

Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 70 (2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evenhand.base.values import Floats, Ints, Predictions
from evenhand.evaluation.core.evaluated_rows import known

COLUMNS = ("id", "label", "suggested", "p_label", "p_suggested", "margin", "fold", "group")


def suspected_labels(p: Predictions) -> pd.DataFrame:
    """Return the rows with a suspected label error, the most suspicious first.

    A row is suspected if it confidently belongs to another class than its label: each probability is compared with
    the mean probability of that class on the rows with its label (equations 1 and 2), so neither a rare class nor
    one of which the model is never certain is suspected as a whole.

    Parameters
    ----------
    p
        Out-of-fold predictions of n rows with one label each; unlabelled rows are left out.

    Returns
    -------
    DataFrame
        id, label, suggested, p_label and p_suggested (probabilities), margin (their difference), fold, group; by
        rising `self_confidence`. Empty where several labels may hold for a row.
    """
    if p.truth is None or p.multi_label or not known(p.truth).any():
        return pd.DataFrame({name: [] for name in COLUMNS})
    p = p.take(known(p.truth))
    truth = np.asarray(p.truth, dtype=np.int64)
    sure = _confident(p.probabilities, truth)
    rows = np.flatnonzero((sure >= 0) & (sure != truth))
    names = np.asarray(p.classes, dtype=object)
    label, other = p.probabilities[rows, truth[rows]], p.probabilities[rows, sure[rows]]
    table = pd.DataFrame(
        {
            "confidence": self_confidence(p.probabilities, truth)[rows],
            "id": p.ids[rows],
            "label": names[truth[rows]],
            "suggested": names[sure[rows]],
            "p_label": label,
            "p_suggested": other,
            "margin": other - label,
            "fold": "" if p.fold is None else p.fold[rows],
            "group": "" if p.groups is None else p.groups[rows],
        }
    )
    order = table.sort_values(["confidence", "margin", "id"], ascending=[True, False, True], ignore_index=True)
    return order[list(COLUMNS)]


def self_confidence(probabilities: Floats, truth: Ints) -> Floats:
    """Return (n,) the probability of each row's label, as a multiple of its mean over the rows with that label.

    The lower, the more suspicious is the label. Where wrong labels are a random other class and the probabilities
    are calibrated, the odds that a label is wrong fall with its probability alone, however the rest is divided
    among other classes; the margin to the most probable one puts rows between two similar classes before rows that
    have nothing of their label. The mean is the threshold of confident learning (Northcutt 2021, eq. 2), by which a
    class of which the model is never certain is not suspected as a whole.

    Parameters
    ----------
    probabilities
        (n, k) out-of-fold probabilities.
    truth
        (n,) labels, all known.
    """
    own, mean = probabilities[np.arange(len(truth)), truth], _mean_confidence(probabilities, truth)[truth]
    return np.asarray(np.divide(own, mean, out=np.ones(len(truth)), where=mean > 0))


def _confident(probabilities: Floats, truth: Ints) -> Ints:
    """Return (n,) the class that each row confidently belongs to, or -1 where there is none."""
    threshold = _mean_confidence(probabilities, truth)
    above = np.where(probabilities >= threshold - 1e-12, probabilities, -1.0)
    return np.asarray(np.where(above.max(axis=1) >= 0, above.argmax(axis=1), -1))


def _mean_confidence(probabilities: Floats, truth: Ints) -> Floats:
    """Return (k,) the mean probability of each class on the rows with its label (equation 2)."""
    k = probabilities.shape[1]
    counts = np.bincount(truth, minlength=k)
    own = np.bincount(truth, weights=probabilities[np.arange(len(truth)), truth], minlength=k)
    # A class without rows has no mean to compare with, and is never suggested.
    return np.asarray(np.where(counts > 0, own / np.maximum(counts, 1), np.inf))


@dataclass(frozen=True)
class SurestRows:
    """Contradictions between labels and a model where it is most confident, and where it is slightly less so.

    The error rate of a model falls with its confidence; the rate of wrong labels does not.

    Attributes
    ----------
    n, contradicted
        Rows in the most confident tenth, and how many of them have another label than the predicted one.
    next_n, next_contradicted
        The same for the next fifth of the rows.
    p
        One-sided p-value of the null hypothesis that the rate in the top tenth is at most half of that in the next
        fifth (conditional binomial test).
    """

    n: int
    contradicted: int
    next_n: int
    next_contradicted: int
    p: float


def surest_rows(p: Predictions) -> SurestRows | None:
    """Return the comparison for predictions of one label a row, or None with fewer than 100 labelled rows."""
    if p.truth is None or p.multi_label or int(known(p.truth).sum()) < 100:
        return None
    p = p.take(known(p.truth))
    ordered = np.sort(p.probabilities, axis=1)
    # Log-odds separate probabilities that all round to 1 when they are subtracted.
    lead = np.log(np.maximum(ordered[:, -1], 1e-300)) - np.log(np.maximum(1 - ordered[:, -1], 1e-300))
    order = np.argsort(-lead, kind="stable")
    wrong = (p.predicted != p.truth)[order]
    n, following = len(wrong) // 10, len(wrong) // 5
    first, second = int(wrong[:n].sum()), int(wrong[n : n + following].sum())
    from scipy.stats import binom  # half a second to import, and only needed here

    # Given the total, the contradictions in the first part are binomial; at half the rate its rows count half.
    expected = 0.5 * n / (0.5 * n + following)
    p_value = float(binom.sf(first - 1, first + second, expected)) if first else 1.0
    return SurestRows(n, first, following, second, p_value)


def most_accurate(every: Sequence[Predictions]) -> Predictions | None:
    """Return the most accurate predictions, the first among equals; None where none can be evaluated."""
    usable = [p for p in every if p.truth is not None and not p.multi_label and known(p.truth).any()]

    def accuracy(p: Predictions) -> float:
        assert p.truth is not None
        rows = known(p.truth)
        return float((p.predicted[rows] == p.truth[rows]).mean())

    return max(usable, key=accuracy) if usable else None
