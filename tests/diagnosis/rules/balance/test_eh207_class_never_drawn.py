from dataclasses import replace

import pytest

from evenhand.balance import effective_prior
from evenhand.diagnosis import examine


def test_a_class_without_a_share_of_the_mix_is_an_error(skewed):
    mix = {"name": "target_mix", "shares": [0.5, 0.3, 0.2, 0.0]}
    (found,) = examine(skewed(sampler=mix), ["EH207"]).findings
    assert (found.severity, found.about) == ("error", "O")
    assert "never draws 1 class that has training rows: O (100 rows, 0 an epoch)." in found.message


def test_a_class_drawn_less_than_once_an_epoch_is_a_warning(skewed):
    mix = {"name": "target_mix", "shares": [0.5, 0.3, 0.2, 0.00001]}
    (found,) = examine(skewed(sampler=mix), ["EH207"]).findings
    assert found.severity == "warning"


def test_a_class_that_no_batch_held_is_an_error(skewed, history):
    prior = effective_prior({"N": 9000, "S": 200, "V": 700, "O": 100})
    case = replace(skewed(), histories=(history([[0.91, 0.02, 0.07, 0.0]] * 3, None, prior=prior),))
    (found,) = examine(case, ["EH207"]).findings
    assert found.message == "m, fold 0, seed 0: no batch of 3 epochs held O (100 rows)."


@pytest.mark.parametrize(
    ("counts", "settings"),
    [
        (None, {}),
        (None, {"sampler": "balanced_subset"}),
        ({"a": 50_000, "b": 100}, {}),
        ({"a": 500, "b": 1}, {}),
        ({"a": 500, "b": 0}, {"sampler": "balanced"}),
        ({"a": 3, "b": 1}, {"sampler": {"name": "balanced_subset", "per_class": 1}}),
    ],
)
def test_rare_classes_that_are_drawn_are_healthy(skewed, counts, settings):
    assert examine(skewed(counts, **settings), ["EH207"]).passed == ("EH207",)


def test_an_epoch_that_could_miss_a_class_by_chance_is_healthy(skewed, history):
    prior = effective_prior({"N": 9000, "S": 200, "V": 700, "O": 1}, sampler="none")
    case = replace(skewed(), histories=(history([[0.91, 0.02, 0.07, 0.0]] * 3, None, prior=prior),))
    assert examine(case, ["EH207"]).passed == ("EH207",)
