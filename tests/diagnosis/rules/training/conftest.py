"""Cases of curves: fits of a model whose losses and metrics are prescribed, of our own records and of logs."""

from types import SimpleNamespace

import numpy as np
import pytest

from evenhand.curves.fit_curves import Curve, FitCurves
from evenhand.diagnosis import Evidence
from evenhand.diagnosis.evidence.training_history import TrainingHistory

EPOCHS = 20
FALLING = [1.4 * 0.8**t + 0.1 for t in range(EPOCHS)]
RISING = [1.4 * 0.6**t + 0.5 + 0.03 * max(0, t - 7) for t in range(EPOCHS)]
RESTING = [0.9 * 0.5**t + 0.5 for t in range(EPOCHS)]


def history(train, validation, accuracy=None, train_accuracy=None, *, model="net", fold=0, kept=None, **settings):
    """Return a fit from its losses and accuracies by epoch."""

    def told(value):
        return None if value is None else {"share": [0.5, 0.5], "recall": [value, value], "rows": 400}

    lines = []
    for e in range(len(validation)):
        own = None if accuracy is None else accuracy[e]
        sets = {"train": told(None if train_accuracy is None else train_accuracy[e]), "validation": told(own)}
        line = {"epoch": e, "stage": 0, "steps": 50, "train_loss": train[e], "validation_loss": validation[e]}
        parts = {} if own is None else {"accuracy": own}
        lines.append({**line, "score": own, "parts": parts, "sets": sets})
    train_settings = {"epochs": len(lines), "choose_by": "score" if accuracy else "loss", **settings}
    return TrainingHistory(model, fold, 0, ("a", "b"), tuple(lines), train=train_settings, kept=kept)


def logged(**columns):
    """Return the history of a foreign log from values by name: train_loss, val_loss, val_accuracy."""
    sets = {"train": "train", "val": "validation"}
    curves = []
    for name, values in columns.items():
        rows, metric = name.split("_", 1)
        axis = np.arange(1.0, len(values) + 1)
        curves.append(Curve(sets[rows], metric, axis, np.array(values, dtype=float), "loss" not in metric))
    return TrainingHistory.of_log(FitCurves("metrics.csv", None, None, tuple(curves)))


@pytest.fixture(scope="session")
def curves():
    """Return `history`, `logged`, `evidence` of histories, and three losses."""
    return SimpleNamespace(
        history=history,
        logged=logged,
        evidence=lambda *histories, **more: Evidence(histories=histories, **more),
        falling=FALLING,
        rising=RISING,
        resting=RESTING,
    )
