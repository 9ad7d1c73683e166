"""Predictions with known traits."""

from collections.abc import Callable

import numpy as np
import pytest

from evenhand.base.values import Predictions


def random_predictions(
    n: int = 200, k: int = 4, *, groups: int = 0, skill: float = 1.0, seed: int = 0
) -> Predictions:
    rng = np.random.default_rng(seed)
    truth = rng.choice(k, n, p=np.arange(k, 0, -1) / np.arange(k + 1).sum())
    logits = rng.normal(size=(n, k))
    logits[np.arange(n), truth] += skill
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return Predictions(
        ids=np.array([f"r{i}" for i in range(n)], dtype=object),
        classes=tuple("abcdefghijklmnopqrstuvwxyz"[:k]),
        probabilities=probabilities,
        truth=truth,
        fold=(np.arange(n) % 5).astype(np.int16),
        groups=rng.integers(0, groups, n).astype(str).astype(object) if groups else None,
        model="m",
    )


@pytest.fixture
def predictions() -> Callable[..., Predictions]:
    """Return a maker of predictions: (n, k, groups, skill, seed)."""
    return random_predictions
