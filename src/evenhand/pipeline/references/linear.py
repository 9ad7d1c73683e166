"""A linear model on many features, whose scores are made probabilities: the reference beside transforms of rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from evenhand.base.values import Floats, Ints, Mask, Samples, Strings

ALPHAS = np.logspace(-1, 6, 15)
"""Penalties; the one with the smallest leave-one-out error is taken."""
INNER = 3
"""Folds of the training rows whose scores the probabilities are learned from."""


def linear_probabilities(
    samples: Samples, features: Floats, fit: Mask, asked: list[Floats], groups: Strings | None = None
) -> list[Floats]:
    """Return (m, k) probabilities of each asked (m, d), by ridge regression fitted on some rows.

    As MiniRocket is used on few rows (Dempster, Schmidt and Webb 2021): ridge regression on indicators of the
    classes, with the penalty of the smallest leave-one-out error. Scores become probabilities by a logistic
    regression on scores of rows left out (Platt 1999), groups kept whole.

    Parameters
    ----------
    samples
        n rows; of several labels, cells that are not known are left out.
    features
        (n, d) features of them.
    fit
        (n,) the rows to fit on.
    groups
        (n,) what stays together; by default the groups of the samples.
    """
    rows = np.flatnonzero(fit)
    held = samples.matrix()[rows] if not samples.multi_label else np.asarray(samples.labels[rows], dtype=np.float64)
    group = (samples.groups if groups is None else groups)[rows]
    known = ~np.isnan(held)
    if known.all():
        scores, others = _scores(features[rows], held, group, asked)
    else:  # each label on its own rows
        parts = [
            _scores(features[rows[known[:, c]]], held[known[:, c], c : c + 1], group[known[:, c]], asked)
            for c in range(samples.k)
        ]
        scores = np.full(held.shape, np.nan)
        for c, (own, _) in enumerate(parts):
            scores[known[:, c], c] = own[:, 0]
        others = [np.concatenate([part[1][at] for part in parts], axis=1) for at in range(len(asked))]
    if samples.multi_label:
        labels = [_of_label(scores[:, c], held[:, c]) for c in range(samples.k)]
        return [np.stack([one(x[:, c]) for c, one in enumerate(labels)], axis=1) for x in others]
    return _of_classes(scores, held.argmax(axis=1), samples.k, others)


def _scores(x: Floats, y: Floats, group: Any, asked: list[Floats]) -> tuple[Floats, list[Floats]]:
    """Return (n, k) scores of the rows when left out, and those of the asked rows."""
    from sklearn.linear_model import Ridge, RidgeCV
    from sklearn.model_selection import GroupKFold, KFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if len(x) < 2 * INNER:
        mean = y.mean(axis=0) if len(y) else np.full(y.shape[1], 0.5)
        return np.tile(mean, (len(y), 1)), [np.tile(mean, (len(other), 1)) for other in asked]
    chosen = make_pipeline(StandardScaler(), RidgeCV(ALPHAS)).fit(x, y)
    plain = make_pipeline(StandardScaler(), Ridge(float(chosen[-1].alpha_)))
    inner: Any = GroupKFold(INNER) if len(set(group)) >= INNER else KFold(INNER)
    left_out = cross_val_predict(plain, x, y, cv=inner, groups=group)
    return left_out.reshape(y.shape), [chosen.predict(other).reshape(len(other), -1) for other in asked]


def _of_label(scores: Floats, held: Floats) -> Any:
    """Return a function from (m,) scores of a label to its (m,) probabilities."""
    from sklearn.linear_model import LogisticRegression

    known = ~np.isnan(held)
    truth = held[known] >= 0.5
    if len(np.unique(truth)) < 2:
        share = (truth.sum() + 1) / (len(truth) + 2)
        return lambda other: np.full(len(other), share)
    model = LogisticRegression().fit(scores[known][:, None], truth)
    return lambda other: model.predict_proba(other[:, None])[:, 1]


def _of_classes(scores: Floats, truth: Ints, k: int, others: list[Floats]) -> list[Floats]:
    """Return (m, k) probabilities of each (m, k) scores; a class without rows gets its share of one."""
    from sklearn.linear_model import LogisticRegression

    there = np.unique(truth)
    missing = 1 / (len(truth) + k)
    out = [np.full((len(other), k), missing) for other in others]
    model = LogisticRegression(max_iter=1000).fit(scores, truth) if len(there) > 1 else None
    for table, other in zip(out, others, strict=True):
        found = np.ones((len(other), 1)) if model is None else model.predict_proba(other)
        table[:, there] = found * (1 - missing * (k - len(there)))
    return out
