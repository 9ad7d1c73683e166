import pytest

from evenhand.diagnosis import examine

EXTREME = {"a": 50_000, "b": 5000, "c": 500, "d": 100}


def test_a_cap_far_below_what_was_asked_for_is_noted(skewed):
    case = skewed(sampler={"name": "power", "power": 1.0, "max_ratio": 6})
    (found,) = examine(case, ["EH205"]).findings
    assert found.severity == "note"
    assert "max_ratio = 6 decides: sampler power (power 1.0, max_ratio 6) has the exponent 0.4" in found.message
    assert "class O makes 4.0% of a batch instead of 25.0%" in found.message


def test_a_stated_mix_that_batches_do_not_hold_is_noted(skewed):
    mix = {"name": "target_mix", "shares": [0.25] * 4, "max_ratio": 3}
    (found,) = examine(skewed(sampler=mix), ["EH205"]).findings
    assert "of a batch instead of 25.0%" in found.message


def test_weights_are_looked_at_as_well(skewed):
    (found,) = examine(skewed(weights={"name": "inverse", "max_ratio": 2}), ["EH205"]).findings
    assert "of the effective prior instead of 25.0%" in found.message


@pytest.mark.parametrize(
    ("counts", "settings"),
    [
        (None, {"sampler": "balanced"}),
        (None, {"sampler": {"name": "power", "power": 0.7, "max_ratio": 15}}),
        (None, {"sampler": {"name": "power", "power": 0.5, "max_ratio": 1000}}),
        (EXTREME, {"weights": {"name": "inverse", "max_ratio": 200}}),
        ({"a": 5, "b": 5}, {"sampler": {"name": "power", "power": 1.0, "max_ratio": 1}}),
    ],
)
def test_a_cap_that_only_trims_is_healthy(skewed, counts, settings):
    assert examine(skewed(counts, **settings), ["EH205"]).passed == ("EH205",)
