from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

Script = Callable[[str], ModuleType]


def test_data_are_as_skewed_as_they_say(script: Script) -> None:
    ledger = script("ledger")
    for seed in range(3):
        data = ledger.setting(seed)
        counts = np.bincount(data.y[data.held], minlength=data.k)
        assert counts.max() / counts.min() == pytest.approx(data.skew, rel=0.1)
        assert np.bincount(data.y[data.fit_rows], minlength=data.k).min() >= 1


def test_the_gap_is_nothing_for_a_model_that_says_the_prior(script: Script) -> None:
    ledger = script("ledger")
    y = np.repeat([0, 1], [90, 10])
    prior = np.array([0.3, 0.7])
    assert ledger.gap(np.tile(prior, (100, 1)), y, prior) == pytest.approx(0.0)
    assert ledger.gap(np.tile([0.9, 0.1], (100, 1)), y, prior) == pytest.approx(0.6)


def test_sure_pairs_differ_by_more_than_chance(script: Script) -> None:
    ledger = script("ledger")
    pairs = [{"told": 1.0, "seen": seen, "error": error} for seen, error in ((0.2, 0.05), (0.2, 0.2), (0.001, 0.0))]
    assert ledger.surely(pairs) == pairs[:1]
    assert ledger.agreement([*pairs, {"told": -1.0, "seen": 0.5}]) == pytest.approx(0.75)


@pytest.mark.slow
def test_a_training_believes_in_the_effective_prior(script: Script) -> None:
    ledger = script("ledger")
    found = [ledger.beliefs(seed, 10) for seed in (4, 7, 11)]
    assert np.median([one["effective"] for one in found]) < 0.02
    assert np.median([one["natural"] for one in found]) > 0.05
    assert np.median([one["corrected"] for one in found]) < 0.02


@pytest.mark.slow
def test_focal_loss_changes_recalls_as_the_gradient_tells(script: Script) -> None:
    ledger = script("ledger")
    pairs = [pair for seed in (0, 1, 5) for pair in ledger.changes(seed, 10)]
    sure = ledger.surely([pair for pair in pairs if pair["read"] == "at equal classes"])
    assert ledger.agreement(sure) >= 0.8
