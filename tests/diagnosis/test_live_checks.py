"""The doctor beside real small trainings: what collapses is told in time, healthy trainings are left in peace."""

from dataclasses import replace

import pytest
import torch
from torch import nn

BOTH = {"sampler": "balanced", "weights": "inverse", "on_overshoot": "allow"}


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def both(small):
    return small.Recipe((900, 20, 70, 10), 2.0, balance=BOTH, train={"learning_rate": 3e-3, "epochs": 5})


def test_sampler_and_weights_together_are_told_within_two_epochs(small, both):
    (alarm,) = small.trained(both).alarms
    assert (alarm["code"], alarm["evidence"]["blames"]) == ("EH301", "balance")
    assert alarm["epoch"] - alarm["evidence"]["since"] <= 2
    assert alarm["evidence"]["exponent"] == pytest.approx(2.0)
    assert alarm["action"] == "Training continues."


def test_stop_ends_with_the_best_weights_so_far(small, both):
    fitted = small.trained(replace(both, train={**both.train, "on_collapse": "stop"}))
    assert len(fitted.lines) == fitted.alarms[0]["epoch"] + 1 < 5
    assert "stopped" in fitted.alarms[0]["action"]


def test_fix_softens_what_is_to_blame_and_goes_on(small, both):
    fitted = small.trained(replace(both, train={**both.train, "on_collapse": "fix", "epochs": 8}))
    (alarm,) = fitted.alarms
    assert "softened to an exponent of 1" in alarm["action"]
    assert "softened" in fitted.lines[alarm["epoch"]]["recovery"]
    weights = [max(line["weights"]) / min(line["weights"]) for line in fitted.lines]
    assert weights[alarm["epoch"]] > 50
    assert weights[-1] == pytest.approx(1.0)
    assert fitted.lines[-1]["sets"]["validation_uncorrected"]["predicted"][0] > 0.3


def test_a_stage_is_watched_under_its_own_balance_and_softened_in_it(small):
    stages = [{"epochs": 3}, {"epochs": 6, "balance": BOTH}]
    train = {"learning_rate": 3e-3, "on_collapse": "fix", "stage": stages}
    fitted = small.trained(small.Recipe((900, 20, 70, 10), 1.0, train=train))
    (alarm,) = fitted.alarms
    assert (alarm["code"], alarm["evidence"]["blames"]) == ("EH301", "balance")
    assert alarm["evidence"]["exponent"] == pytest.approx(2.0)
    assert "In stage 2, sampler balanced (1.00) and weights inverse (1.00) together have" in alarm["message"]
    assert alarm["patch"] is None
    assert "softened to an exponent of 1" in alarm["action"]
    assert fitted.lines[-1]["sets"]["validation_uncorrected"]["predicted"][0] > 0.3
    assert [line["softened"] for line in fitted.lines] == [line["epoch"] > alarm["epoch"] for line in fitted.lines]


def test_weights_that_are_not_in_force_yet_are_no_reason_to_expect_a_rare_class(small):
    deferred = {"weights": "inverse", "weights_from": 6}
    train = {"learning_rate": 3e-3, "epochs": 6, "batch_size": 16}
    assert small.trained(small.Recipe((2500, 60), 0.3, train=train, balance=deferred)).alarms == ()


def test_no_numbers_left_are_told_and_the_last_healthy_weights_are_kept(small):
    wild = small.Recipe((60, 60), norm=False, train={"optimizer": "sgd", "learning_rate": 50.0, "epochs": 4})
    fitted = small.trained(wild)
    assert [alarm["code"] for alarm in fitted.alarms] == ["EH311"]
    assert all(torch.isfinite(p).all() for p in fitted.spec.network.parameters())


def test_no_numbers_are_mended_by_a_lower_rate(small):
    train = {"optimizer": "sgd", "learning_rate": 50.0, "epochs": 6, "on_collapse": "fix"}
    fitted = small.trained(small.Recipe((60, 60), norm=False, train=train))
    assert "0.5 of what was set" in fitted.alarms[0]["action"]
    assert fitted.lines[-1]["train_loss"] is not None or len(fitted.alarms) > 1


class Blind(nn.Module):
    """A network that sees nothing."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(8, 3)

    def forward(self, x):
        return self.layer(torch.zeros_like(x))


def test_a_network_that_sees_nothing_is_stuck_at_chance(small):
    fitted = small.trained(small.Recipe((300, 300, 300)), Blind())
    assert [alarm["code"] for alarm in fitted.alarms] == ["EH302"]


@pytest.mark.parametrize("shape", ["even", "skewed", "1:500", "tiny"])
def test_healthy_trainings_are_left_in_peace(small, shape):
    assert small.trained(small.Recipe(small.SHAPES[shape], 1.5, train={"epochs": 4})).alarms == ()


@pytest.mark.slow
def test_no_healthy_training_is_accused(small):
    """Run with `-s` to see how many there were; docs/reference/training.md quotes it."""
    accused = {name: found for name, recipe in small.healthy() if (found := small.trained(recipe).alarms)}
    print(f"\n{len(small.healthy())} healthy trainings, accused {len(accused)}")
    assert not accused
