"""Features of stackers, computed from the probabilities of the models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from evenhand.base.values import Floats, Ints
from evenhand.blending.inputs.stack import Stack

Feature = Literal["probabilities", "logits", "entropy", "margin", "differences", "agreement"]
"""Available features: probabilities; their logarithms; the entropy of each model; its margin between the first and
the second class; differences between every two models; the share of models that predict a class."""

LEAST = 1e-6
"""Lower limit of probabilities in logarithms: smaller values carry no information for a stacker."""


def of_rows(stack: Stack, features: Sequence[Feature]) -> Floats:
    """Return (n, d) float64 features of each row, all classes side by side."""
    table = stack.array()
    return np.concatenate([_OF_ROWS[name](table).reshape(len(table), -1) for name in features], axis=1)


@dataclass(frozen=True, eq=False)
class Candidates:
    """Candidate classes of each row, for a binary estimator.

    Attributes
    ----------
    classes
        (n, c) the candidates, the likeliest by the mean of the models first.
    table
        (n · c, d) features of each (row, candidate) pair.
    """

    classes: Ints
    table: Floats


def of_candidates(stack: Stack, features: Sequence[Feature], most: int) -> Candidates:
    """Return the `most` likeliest classes of each row with their features.

    Probabilities, logits, differences and agreement are those of the candidate; entropy and margin those of the
    row. One estimator serves all classes, so a rare class is not learned from its few rows alone.
    """
    table = stack.array()
    n, m, k = table.shape
    most = min(most, k)
    classes = np.argsort(-table.mean(axis=1), axis=1, kind="stable")[:, :most]
    at = np.take_along_axis(table, np.repeat(classes[:, None], m, axis=1), axis=2)
    parts = []
    for name in features:
        # Figures of a class are taken at the candidate; entropy, margin and votes need all classes of the row.
        made = _OF_ROWS[name](at if name in _OF_CLASS else table) if name != "agreement" else _votes(table)
        if name == "agreement":
            made = np.take_along_axis(made, classes, axis=1)[:, None]
        elif name not in _OF_CLASS:
            made = np.repeat(made.reshape(n, -1, 1), most, axis=2)
        parts.append(made.transpose(0, 2, 1).reshape(n * most, -1))
    return Candidates(classes, np.concatenate(parts, axis=1))


def shared_out(mean: Floats, classes: Ints, answers: Floats) -> Floats:
    """Return (n, k) probabilities: the mean's total for the candidates, redistributed by the estimator's output.

    Parameters
    ----------
    mean
        (n, k).
    classes, answers
        (n, c) the candidates, and their estimated probabilities.
    """
    out = mean.copy()
    mass = np.take_along_axis(mean, classes, axis=1).sum(axis=1, keepdims=True)
    # The estimator's outputs for the candidates are independent and need not sum to 1.
    held = np.maximum(answers, LEAST)
    np.put_along_axis(out, classes, mass * held / held.sum(axis=1, keepdims=True), axis=1)
    return out


def spread(answers: Floats, seen: Ints, mean: Floats) -> Floats:
    """Return (n, k) probabilities from those of the learned classes.

    Classes without training rows keep the probability that the mean of the models gives them.

    Parameters
    ----------
    answers
        (n, s) probabilities of the classes `seen` (s,), rows summing to 1.
    mean
        (n, k).
    """
    out = np.asarray(mean, dtype=np.float64).copy()
    left = out[:, seen].sum(axis=1, keepdims=True)
    out[:, seen] = answers * left
    return out


def _entropy(table: Floats) -> Floats:
    held = np.maximum(table, LEAST)
    return np.asarray(-(held * np.log(held)).sum(axis=2))


def _margin(table: Floats) -> Floats:
    if table.shape[2] < 2:
        return np.ones(table.shape[:2])
    top = np.partition(table, table.shape[2] - 2, axis=2)[:, :, -2:]
    return np.asarray(top[:, :, 1] - top[:, :, 0])


def _differences(table: Floats) -> Floats:
    pairs = list(combinations(range(table.shape[1]), 2))
    return np.stack([table[:, i] - table[:, j] for i, j in pairs], axis=1) if pairs else table[:, :0]


def _votes(table: Floats) -> Floats:
    """Return (n, k) the share of models that predict each class."""
    k = table.shape[2]
    return np.asarray((table.argmax(axis=2)[:, :, None] == np.arange(k)).mean(axis=1))


_OF_CLASS = ("probabilities", "logits", "differences")
"""Features with a number for every class."""

_OF_ROWS: Mapping[str, Callable[[Floats], Floats]] = {
    "probabilities": lambda table: table,
    "logits": lambda table: np.log(np.maximum(table, LEAST)),
    "entropy": _entropy,
    "margin": _margin,
    "differences": _differences,
    "agreement": _votes,
}
