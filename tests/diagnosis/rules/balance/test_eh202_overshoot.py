import numpy as np
import pytest

from evenhand.balance.config import BalanceConfig
from evenhand.balance.plan import plan_of
from evenhand.balance.prior.balance_ledger import BalanceLedger
from evenhand.diagnosis import Evidence, examine


@pytest.mark.parametrize(
    ("settings", "patch"),
    [
        ({"weights": {"name": "inverse", "power": 1.5}}, {"balance.weights": {"name": "inverse", "power": 1.0}}),
        ({"sampler": {"name": "power", "power": 1.2}}, {"balance.sampler": {"name": "power", "power": 1.0}}),
        ({"loss": {"name": "logit_adjusted", "tau": 2}}, {"balance.loss": {"name": "logit_adjusted", "tau": 1.0}}),
        ({"sampler": {"name": "target_mix", "shares": {"N": 0.05, "O": 0.6}}}, {"balance.sampler": "none"}),
    ],
)
def test_one_correction_that_goes_too_far_is_an_error_with_a_patch(skewed, settings, patch):
    (found,) = examine(skewed(**settings), ["EH202"]).findings
    assert (found.code, found.severity) == ("EH202", "error")
    assert found.patch == patch
    assert "O, 1.0% of the rows, is expected in" in found.message


def test_two_corrections_are_told_by_the_rule_before(skewed):
    case = skewed(sampler="balanced", weights="inverse")
    assert examine(case, ["EH202"]).passed == ("EH202",)


def test_what_was_softened_is_a_note(skewed):
    (found,) = examine(skewed(weights={"name": "inverse", "power": 2}, on_overshoot="soften"), ["EH202"]).findings
    assert found.severity == "note"
    assert "weights raised to the power 0.50" in found.message


@pytest.mark.parametrize(
    ("counts", "settings"),
    [
        (None, {}),
        (None, {"sampler": "balanced"}),
        (None, {"loss": "logit_adjusted"}),
        (None, {"weights": {"name": "inverse", "power": 1.5, "max_ratio": 20}}),
        (None, {"sampler": {"name": "target_mix", "shares": [0.5, 0.2, 0.2, 0.1]}}),
        ({"a": 50_000, "b": 2000, "c": 100}, {"weights": "inverse"}),
        ({"a": 3, "b": 2}, {"sampler": "balanced"}),
        ({"a": 100, "b": 101}, {"weights": {"name": "downweight", "class": "b", "factor": 0.2}}),
        ({"a": 90, "b": 10}, {"weights": {"name": "downweight", "class": "a", "factor": 0.15}}),
    ],
)
def test_what_stops_at_equal_classes_is_healthy(skewed, counts, settings):
    assert examine(skewed(counts, **settings), ["EH202"]).passed == ("EH202",)


@pytest.mark.parametrize(("counts", "fires"), [({"a": 600, "b": 400}, False), ({"a": 950, "b": 50}, True)])
def test_smoothing_counts_by_how_far_beliefs_are_turned(counts, fires):
    labels = np.repeat([0, 1], list(counts.values()))
    plan = plan_of(BalanceConfig(weights="inverse", on_overshoot="allow"), labels, list(counts), smoothing=0.1)
    case = Evidence(ledgers=(BalanceLedger(("m",), None, "balance", plan),))
    found = examine(case, ["EH201", "EH202"]).findings
    assert bool(found) == fires
