from dataclasses import replace

import pytest

from evenhand.diagnosis import examine
from evenhand.diagnosis.rules.balance.eh210_blend_of_several_priors import distance


@pytest.fixture
def two(skewed):
    """Return a maker: a case with the ledgers of models a and b, which deal with skew in these two ways."""

    def make(one, other, **config):
        made = [skewed(**settings).ledgers[0] for settings in (one, other)]
        named = tuple(replace(ledger, models=(name,)) for ledger, name in zip(made, "ab", strict=True))
        return replace(skewed(config=config), ledgers=named)

    return make


@pytest.mark.parametrize(
    ("one", "other", "words", "patch"),
    [
        ({}, {"correct_to": "uniform"}, "a stands for natural shares, b for equal classes", {"b"}),
        ({"sampler": "balanced", "correct_to": "trained"}, {}, "a stands for the trained prior", {"a"}),
        ({"correct_to": {"N": 1, "S": 1, "V": 1, "O": 1}}, {"weights": "inverse"}, "a stated prior", {"a"}),
    ],
)
def test_models_under_different_priors_are_told(two, one, other, words, patch):
    (found,) = examine(two(one, other), ["EH210"]).findings
    assert found.severity == "warning"
    assert words in found.message
    assert found.patch == {f"model.{name}.balance.correct_to": "natural" for name in patch}


@pytest.mark.parametrize(
    ("one", "other", "config"),
    [
        ({}, {"sampler": "balanced"}, {}),
        ({"correct_to": "uniform"}, {"correct_to": "uniform", "weights": "inverse"}, {}),
        ({"sampler": "balanced", "correct_to": "trained"}, {"correct_to": "uniform"}, {}),
        ({}, {"correct_to": "uniform"}, {"ensemble": {"methods": []}}),
    ],
)
def test_models_under_one_prior_are_healthy_however_they_are_trained(two, one, other, config):
    assert examine(two(one, other, **config), ["EH210"]).passed == ("EH210",)


def test_one_model_is_not_blended(skewed):
    assert examine(skewed(correct_to="uniform"), ["EH210"]).passed == ("EH210",)


def test_classes_in_another_order_are_the_same_prior(skewed):
    counts = {"N": 9000, "S": 200, "V": 700, "O": 100}
    one, other = (skewed(dict(order)).ledgers[0] for order in (counts.items(), reversed(counts.items())))
    assert distance(one, other) == pytest.approx(0, abs=1e-12)
