"""EH316: loss and score that choose different epochs."""

import numpy as np
import pytest

from evenhand.diagnosis import examine

CREEPING = [0.3 + 0.5 * (1 - 0.85**t) for t in range(20)]


def test_a_loss_that_rises_while_the_score_creeps_up(curves):
    evidence = curves.evidence(curves.history(curves.falling, curves.rising, CREEPING))
    (finding,) = examine(evidence, ["EH316"]).findings
    assert finding.message.startswith("net, fold 0, seed 0: the loss is least in epoch ")
    assert "accuracy best in epoch 20 (0.777; loss 0.86)" in finding.message
    assert finding.evidence["by_metric"] == [20.0]


@pytest.mark.parametrize("seed", range(8))
def test_best_epochs_apart_within_noise_pass(curves, seed):
    rng = np.random.default_rng(seed)
    level = (0.7 + rng.normal(0, 0.01, 20)).tolist()
    loss = (np.array(curves.resting) + rng.normal(0, 0.01, 20)).tolist()
    assert examine(curves.evidence(curves.history(curves.falling, loss, level)), ["EH316"]).passed == ("EH316",)
    agree = [1 - x / 3 for x in curves.rising]
    evidence = curves.evidence(curves.history(curves.falling, curves.rising, agree))
    assert examine(evidence, ["EH316"]).passed == ("EH316",)


def test_without_a_second_criterion_it_is_not_applicable(curves):
    evidence = curves.evidence(curves.logged(val_loss=curves.rising))
    assert "another metric" in examine(evidence, ["EH316"]).not_applicable["EH316"]
