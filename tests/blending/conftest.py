"""Models that predict the same rows with different skill."""

from collections.abc import Callable

import numpy as np
import pytest

from evenhand.base.values import Predictions


def make_models(
    skills=(1.0, 2.0, 0.5), n: int = 300, k: int = 3, folds: int = 5, seed: int = 0
) -> list[Predictions]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, k, n)
    fold = rng.permutation(np.arange(n) % folds).astype(np.int16)
    ids = np.array([f"r{i}" for i in range(n)], dtype=object)
    out = []
    for position, skill in enumerate(skills):
        logits = rng.normal(size=(n, k))
        logits[np.arange(n), truth] += skill
        probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        classes = tuple("abcdefghijklmnop"[:k])
        out.append(Predictions(ids, classes, probabilities, truth, fold=fold, model=f"m{position}"))
    return out


@pytest.fixture
def models() -> Callable[..., list[Predictions]]:
    """Return a maker of models' predictions: (skills, n, k, folds, seed)."""
    return make_models
