from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from evenhand.balance.config import BalanceConfig
from evenhand.balance.plan import plan_of

Script = Callable[[str], ModuleType]


def test_half_of_the_healthy_are_smoothed_and_none_turns_the_skew_around(script: Script) -> None:
    alarms = script("alarms")
    recipes = [alarms.healthy(0, number) for number in range(60)]
    assert sum(recipe.train["label_smoothing"] > 0 for recipe in recipes) == 30
    assert max(max(one.rows) / min(one.rows) for one in recipes) > 30
    for one in recipes:
        labels, names = np.repeat(np.arange(len(one.rows)), one.rows), [str(c) for c in range(len(one.rows))]
        config = BalanceConfig.model_validate(one.balance)
        made = plan_of(config, labels, names, smoothing=one.train["label_smoothing"])
        assert not made.prior.overshoots()


def test_every_fault_has_its_turn(script: Script) -> None:
    alarms = script("alarms")
    assert [alarms.faulty(0, number).fault for number in range(4)] == list(alarms.FAULTS)


@pytest.mark.slow
def test_what_is_broken_is_caught_and_what_is_healthy_is_not_accused(script: Script) -> None:
    alarms = script("alarms")
    assert not any(alarms.watched(alarms.healthy(3, number))["alarms"] for number in (0, 1, 3, 5))
    for number in (0, 2, 3):
        assert alarms.watched(alarms.faulty(3, number))["alarms"]
    assert "| overshoot | 1 | 1 |" in alarms.shown([alarms.watched(alarms.faulty(3, 0))])


@pytest.mark.slow
def test_a_smoothed_training_under_weights_believes_in_the_prior_told(script: Script) -> None:
    ledger = script("ledger")
    found = [ledger.soft_beliefs(seed, 10) for seed in (3, 4, 8)]
    assert np.median([one["effective"] for one in found]) < 0.02
    assert np.median([one["corrected"] for one in found]) < 0.02
