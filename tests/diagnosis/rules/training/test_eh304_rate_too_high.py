"""EH304: a rate at which nothing is learned; overfitting, hard problems and low rates are not accused."""

import numpy as np
import pytest
import torch

from evenhand.diagnosis import Evidence, examine
from evenhand.diagnosis.evidence.history_priors import balance_plans_of
from evenhand.diagnosis.evidence.training_history import TrainingHistory

EVEN = (0.5, 0.5)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def look(fits, train, held, *, epochs=6, update=0.01, **more):
    """Return what EH304 says of epochs with so much information on training and validation rows."""
    sets = [fits.told(EVEN, EVEN, information=one, error=0.01) for one in (train, held)]
    lines = [
        {**line, "sets": {"train": sets[0], "validation": sets[1]}, "motion": {"update": update}}
        for line in fits.lines(*[sets[1]] * epochs, **more)
    ]
    return examine(fits.case(lines, (200, 200), names="ab"), ["EH304"])


def test_training_rows_at_chance_and_sure_answers_on_others_are_found(fits):
    (found,) = look(fits, -0.05, -4.0).findings
    assert found.message == (
        "net, fold 0, seed 0: learning rate 0.01 is too high: in epochs 2 to 6 the training rows cost 0.743 nats "
        "(guessing: 0.693), and the validation rows up to 4.69."
    )
    assert found.patch == {"model.net.train.learning_rate": 0.001}


def test_steps_as_long_as_the_weights_are_found(fits):
    (found,) = look(fits, -0.05, 0.0, update=0.4).findings
    assert found.message.endswith("and a step moves the weights by up to 40% of their norm.")


@pytest.mark.parametrize(
    ("train", "held", "more"),
    [
        (0.6, -4.0, {}),  # overfitted: what it is sure of, it has learned from the training rows
        (0.0, 0.0, {}),  # a problem that cannot be learned
        (-0.05, -0.3, {}),  # wrong, and not sure of it
        (-0.05, -4.0, {"epochs": 3}),  # one of them a warm-up: too few to say
        (-0.05, -4.0, {"steps": 3}),
    ],
)
def test_others_pass(fits, train, held, more):
    assert look(fits, train, held, **more).passed == ("EH304",)


def test_a_probability_of_zero_costs_without_bound(fits):
    def told(information):
        return fits.told(EVEN, EVEN, probability=(1.0, 0.0), information=information)

    lines = fits.lines(*[told(None)] * 6, train=fits.told(EVEN, EVEN, information=-0.1))
    (found,) = examine(fits.case(lines, (200, 200), names="ab"), ["EH304"]).findings
    assert found.message.endswith("and the validation rows more than can be computed.")
    assert found.evidence["validation"] == [None]


def history(small, recipe, **more):
    _, y = small.data(recipe)
    names = [f"c{c}" for c in range(len(recipe.rows))]
    train = {"learning_rate": 1e-3, "warmup_epochs": 1.0, **recipe.train}
    plans = balance_plans_of(dict(recipe.balance), train, y, names, None)
    fitted = small.trained(recipe, **more)
    return TrainingHistory("net", 0, 0, tuple(names), tuple(fitted.lines), train=train).with_plans(plans)


HEALTHY = [
    {"apart": 0.3},
    {"apart": 6.0, "hidden": 64},
    {"rows": (900, 40, 20), "balance": {"weights": "inverse"}},
    {"rows": (900, 40, 20), "balance": {"sampler": "balanced"}},
    {"rows": (40, 30, 20), "hidden": 128, "norm": False},
    {"rows": (1000, 10)},
]


@pytest.mark.parametrize("rate", [1e-4, 2e-2])
@pytest.mark.parametrize("fields", HEALTHY, ids=str)
def test_real_trainings_at_ordinary_rates_pass(small, fields, rate):
    recipe = small.Recipe(**{"rows": (200, 150, 50), **fields}, train={"learning_rate": rate, "epochs": 8})
    found = examine(Evidence(histories=(history(small, recipe),)), ["EH304"])
    assert found.passed == ("EH304",), found.findings[0].message


def test_a_real_training_at_a_huge_rate_is_found(small):
    train = {"learning_rate": 3.0, "epochs": 8, "optimizer": "sgd", "momentum": 0.9}
    recipe = small.Recipe((200, 150, 50), 0.6, hidden=24, norm=False, train=train)
    found = examine(Evidence(histories=(history(small, recipe),)), ["EH304", "EH311"])
    assert {one.code for one in found.findings} >= {"EH304"} or np.isnan(found.findings[0].evidence["since"])
