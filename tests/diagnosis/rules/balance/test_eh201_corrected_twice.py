import pytest

from evenhand.balance.config import BalanceConfig
from evenhand.balance.plan import plan_of
from evenhand.diagnosis import examine
from evenhand.settings.load import load

EXTREME = {"a": 50_000, "b": 3000, "c": 100}


def test_a_sampler_and_weights_that_both_compensate_are_an_error(skewed):
    (found,) = examine(skewed(sampler="balanced", weights="inverse"), ["EH201"]).findings
    assert (found.severity, found.about) == ("error", "m")
    assert found.message == (
        "m: sampler balanced (1.00) and weights inverse (1.00) together have the exponent 2.00: O, 1.0% of the "
        "rows, is expected in 60.5% of them."
    )
    assert found.patch == {"balance.weights": "none"}
    assert found.evidence["exponent"] == pytest.approx(2.0)


@pytest.mark.parametrize(
    "settings",
    [
        {"sampler": "balanced", "loss": "logit_adjusted"},
        {"weights": "inverse", "loss": {"name": "class_balanced_focal", "beta": 0.9999}},
        {"sampler": "sqrt", "weights": {"name": "inverse", "power": 0.8}},
        {"sampler": "balanced", "correct_to": "trained", "adjust": 1.0},
    ],
)
def test_every_pair_that_turns_the_skew_around_is_found(skewed, settings):
    case = skewed(on_overshoot="allow", **settings)
    assert [f.code for f in examine(case, ["EH201", "EH202"]).findings] == ["EH201"]


def test_what_was_softened_is_a_note(skewed):
    (found,) = examine(skewed(sampler="balanced", weights="inverse", on_overshoot="soften"), ["EH201"]).findings
    assert found.severity == "note"
    assert "softened to the exponent 1.00" in found.message


def test_the_patch_mends_it(skewed):
    case = skewed(sampler="balanced", weights="inverse")
    (found,) = examine(case, ["EH201"]).findings
    settings = load(
        {"data": {"root": "."}, "balance": {"sampler": "balanced", "weights": "inverse"}}, patch=found.patch
    )
    assert plan_of(settings.balance, *_labels()).refusal is None


def _labels():
    import numpy as np

    return np.repeat(np.arange(2), [90, 10]), ("a", "b")


@pytest.mark.parametrize(
    ("counts", "settings"),
    [
        (None, {}),
        (None, {"sampler": "balanced"}),
        (None, {"sampler": "sqrt", "weights": {"name": "inverse", "power": 0.5}}),
        (None, {"sampler": "balanced", "correct_to": "uniform", "adjust": 0.0}),
        (EXTREME, {"sampler": "balanced", "weights": "none"}),
        (EXTREME, {"weights": "inverse", "loss": "focal"}),
        ({"a": 2, "b": 2, "c": 3}, {"sampler": "balanced", "weights": {"name": "inverse", "power": 0.05}}),
        ({"a": 100, "b": 110}, {"sampler": "balanced", "weights": "inverse"}),
        ({"a": 5}, {"sampler": "balanced", "weights": "inverse"}),
    ],
)
def test_one_correction_or_two_halves_are_healthy(skewed, counts, settings):
    assert examine(skewed(counts, **settings), ["EH201"]).passed == ("EH201",)


def test_without_counts_it_is_not_applicable():
    from evenhand.diagnosis import Evidence

    assert "EH201" in examine(Evidence(), ["EH201"]).not_applicable
    assert BalanceConfig().on_overshoot == "refuse"
