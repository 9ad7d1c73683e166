from dataclasses import replace

import pytest

from evenhand.diagnosis import examine

TRAINED = {"sampler": "balanced", "correct_to": "trained"}


@pytest.mark.parametrize(
    ("score", "severity"),
    [({"macro_f1": 1.0}, "note"), ({"macro_f1": 0.5, "log_loss": -0.5}, "warning"), ({}, "note")],
)
def test_it_matters_where_probabilities_are_scored(skewed, score, severity):
    (found,) = examine(skewed(config={"score": score}, **TRAINED), ["EH209"]).findings
    assert found.severity == severity
    assert "differs from the data's by 65.0%" in found.message
    assert found.patch == {"balance.correct_to": "natural"}


@pytest.mark.parametrize(
    ("settings", "under", "patch"),
    [
        ({"correct_to": "uniform"}, "a prior of equal classes", {"balance.correct_to": "natural"}),
        (
            {"sampler": "balanced", "correct_to": "uniform"},
            "a prior of equal classes",
            {"balance.correct_to": "natural"},
        ),
        ({"adjust": 1.0}, "an adjusted prior", {"balance.adjust": 0.0}),
    ],
)
def test_equal_classes_are_another_prior_too(skewed, settings, under, patch):
    score = {"macro_f1": 1.0, "log_loss": 0.5}
    (found,) = examine(skewed(config={"score": score}, **settings), ["EH209"]).findings
    assert found.severity == "warning"
    assert f"m: probabilities are evaluated under {under}, which differs from the data's by 65.0%" in found.message
    assert found.patch == patch
    (found,) = examine(skewed(config={"score": {"macro_f1": 1.0}}, **settings), ["EH209"]).findings
    assert found.severity == "note"


def test_several_ways_are_told_in_one_note(skewed):
    case = skewed(**TRAINED)
    both = replace(case, ledgers=(*case.ledgers, *skewed(sampler="sqrt", correct_to="trained").ledgers))
    (found,) = examine(both, ["EH209"]).findings
    assert found.message.startswith("2 ways of balance: probabilities are evaluated under the trained prior")
    assert "m 65.0%" in found.message


@pytest.mark.parametrize(
    ("counts", "settings"),
    [
        (None, {}),
        (None, {"correct_to": "trained"}),
        (None, {"sampler": "balanced"}),
        (None, {"sampler": "balanced", "correct_to": {"N": 0.4, "S": 0.2, "V": 0.2, "O": 0.2}}),
        ({"a": 11, "b": 10}, {"correct_to": "uniform"}),
        ({"a": 50_000, "b": 100}, {"sampler": "balanced", "adjust": 0.5}),
        ({"a": 11, "b": 10}, TRAINED),
    ],
)
def test_what_is_corrected_or_stated_is_healthy(skewed, counts, settings):
    assert examine(skewed(counts, **settings), ["EH209"]).passed == ("EH209",)
