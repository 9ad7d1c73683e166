"""Cases for the rules: skew and what is done about it; comparisons and ladders with known verdicts."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from evenhand.balance.config import BalanceConfig
from evenhand.balance.prior.balance_ledger import ledger_of
from evenhand.base.values import Interval, Predictions
from evenhand.diagnosis import Evidence
from evenhand.diagnosis.evidence.training_history import TrainingHistory
from evenhand.evaluation.comparison.compare import compare_predictions
from evenhand.evaluation.selection.best_of import BestOf
from evenhand.evaluation.selection.selection_report import Gap, NestedEvaluation, SelectionStep

ECG = {"N": 9000, "S": 200, "V": 700, "O": 100}


def ledgered(
    counts: dict[str, int] | None = None, *, config: dict[str, Any] | None = None, **settings: Any
) -> Evidence:
    """Return a case with the ledger of one model, m, on rows of classes."""
    counts = ECG if counts is None else counts
    labels = np.repeat(np.arange(len(counts)), list(counts.values()))
    everything = np.ones(len(labels), dtype=bool)
    made = ledger_of(BalanceConfig(**settings), labels, tuple(counts), everything, [everything], models=("m",))
    return Evidence(config=config or {}, ledgers=(made,))


def course_of(mixes: list[list[float]], expected: list[float], **fields: Any) -> TrainingHistory:
    """Return the course of a fit whose epochs held these mixes."""
    lines = tuple(
        {"epoch": e, "stage": 0, "batch_mix": mix, "expected_mix": expected, "sets": {"train": {"rows": 10_000}}}
        for e, mix in enumerate(mixes)
    )
    return TrainingHistory("m", 0, 0, tuple(ECG), lines, **fields)


@pytest.fixture
def skewed() -> Callable[..., Evidence]:
    """Return `ledgered`: a case of 90 : 2 : 7 : 1 rows unless told otherwise."""
    return ledgered


@pytest.fixture
def history() -> Callable[..., TrainingHistory]:
    """Return `course_of`."""
    return course_of


def model(name, right, *, n=1000, groups=100, seed=0, noise=0):
    """Return a model that is right on the first `right` rows of a fixed random order, less `noise` random ones."""
    rng = np.random.default_rng(seed)
    truth, order = rng.integers(0, 3, n), rng.permutation(n)
    wrong = order[right:]
    answer = truth.copy()
    answer[wrong] = (truth[wrong] + 1) % 3
    flipped = np.random.default_rng(noise).choice(n, n // 10, replace=False) if noise else []
    answer[flipped] = (truth[flipped] + 1) % 3
    group = np.array([f"g{i % groups}" for i in range(n)], dtype=object) if groups else None
    ids = np.array([f"r{i}" for i in range(n)], dtype=object)
    return Predictions(ids, ("a", "b", "c"), np.eye(3)[answer], truth, groups=group, model=name)


def compared(*models, conditions=()):
    return replace(compare_predictions(models, ["accuracy"], draws=200), conditions=tuple(conditions))


def ladder(optimism=0.0, half=0.002, gaps=()):
    """Return a ladder of one model and one blend with so much optimism."""

    def at(estimate, by=0.02):
        return Interval(estimate, estimate - by, estimate + by, 1000, 100)

    rungs = (
        SelectionStep("lite0", at(0.9), at(0.9), at(0.0, 0.0), blend=False),
        SelectionStep("ensemble:nnls", at(0.92 + optimism), at(0.92), at(optimism, half), blend=True),
    )
    best = BestOf("ensemble:nnls", 0.92, at(0.918), 2, {"lite0": 0.1, "ensemble:nnls": 0.9})
    return NestedEvaluation("macro_f1", rungs, best, 0.92 + optimism, (), 1000, 100, tuple(gaps))


GAP = Gap("b4", 394, (3, 4), ("r1", "r2"))


@pytest.fixture
def made() -> SimpleNamespace:
    """Return makers: model, compared, ladder, and a gap."""
    return SimpleNamespace(model=model, compared=compared, ladder=ladder, gap=GAP)
