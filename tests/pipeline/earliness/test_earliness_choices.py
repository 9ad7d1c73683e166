"""Which network of a run is asked, and what is said where steps were encoded with later ones."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from evenhand.base.values import Predictions
from evenhand.modalities import KINDS
from evenhand.modalities.scanlines.config import ScanLinesConfig
from evenhand.pipeline.earliness.earliness import _later_steps, _network


def predictions(name: str, sure: float) -> Predictions:
    truth = np.arange(20) % 2
    p = np.where(truth == 1, sure, 1 - sure)
    ids = np.array([f"r{row}" for row in range(20)], dtype=object)
    return Predictions(ids, ("a", "b"), np.column_stack([1 - p, p]), truth=truth, model=name)


@pytest.mark.parametrize("score", [{"log_loss": 1.0}, {"log_loss": 1.0, "accuracy": 0.1}, {"accuracy": 1.0}])
def test_the_network_with_the_best_score_is_asked_of_a_loss_the_one_with_the_least(score: dict[str, float]) -> None:
    models = [SimpleNamespace(name="bad"), SimpleNamespace(name="good"), SimpleNamespace(name="baseline")]
    settings: Any = SimpleNamespace(
        model=models,
        baseline=models[2],
        score=SimpleNamespace(weights=score),
        classes=SimpleNamespace(sets=None),
    )
    run: Any = SimpleNamespace(samples=lambda: SimpleNamespace(levels=None))
    known = {"bad": predictions("bad", 0.1), "good": predictions("good", 0.8)}
    assert _network(settings, None, known, run).name == "good"


def test_lines_that_were_normalised_by_whole_scans_are_pointed_out() -> None:
    settings: Any = SimpleNamespace(kind=KINDS.get("scanlines"), kind_config=ScanLinesConfig(normalise="scan"))
    (words,) = _later_steps(settings)
    assert words.startswith("Figures after the first steps are too good")
    assert 'scanlines.normalise = "scan"' in words
    assert _later_steps(SimpleNamespace(kind=settings.kind, kind_config=ScanLinesConfig())) == ()  # type: ignore[arg-type]
