"""Curves of known shape, and a training whose figures are prescribed, as several formats write it."""

from collections.abc import Callable

import numpy as np
import pytest

from evenhand.curves.fit_curves import Curve, FitCurves

EPOCHS = 16
FIGURES = {
    "train_loss": [1.4 * 0.8**t for t in range(EPOCHS)],
    "train_accuracy": [1 - 0.6 * 0.85**t for t in range(EPOCHS)],
    "val_loss": [1.4 * 0.7**t + 0.5 + 0.004 * t * t for t in range(EPOCHS)],
    "val_accuracy": [0.3 + 0.5 * (1 - 0.8**t) for t in range(EPOCHS)],
}


@pytest.fixture
def figures() -> dict[str, list[float]]:
    """Return losses and accuracies of 16 epochs: the validation loss rises after the eighth."""
    return FIGURES


@pytest.fixture
def fit() -> Callable[..., FitCurves]:
    """Return a function that makes the curves of a fit from values by name: train_loss, val_loss, val_accuracy."""

    def make(**columns: list[float]) -> FitCurves:
        sets = {"train": "train", "val": "validation", "test": "test"}
        curves = []
        for name, values in columns.items():
            rows, metric = name.split("_", 1)
            axis = np.arange(1, len(values) + 1, dtype=np.float64)
            curves.append(Curve(sets[rows], metric, axis, np.array(values, dtype=np.float64), "loss" not in metric))
        return FitCurves("net", 0, 0, tuple(curves))

    return make
