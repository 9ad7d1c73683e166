import pytest

from evenhand.balance import effective_prior
from evenhand.diagnosis import examine

EXTREME = {"a": 50_000, "b": 5000, "c": 500, "d": 100}


def test_rows_that_recur_a_hundred_times_are_told_with_a_weaker_sampler(skewed):
    (found,) = examine(skewed(EXTREME, sampler="balanced"), ["EH203"]).findings
    assert found.severity == "warning"
    assert found.message == "m: each row of 1 class of 4 is sampled more than 50 times per epoch: d (139)."
    weaker = found.patch["balance.sampler"]
    assert effective_prior(EXTREME, sampler=weaker).recurrence <= 50


def test_several_classes_are_counted(skewed):
    counts = {"a": 50_000, "b": 5000, "c": 110, "d": 100}
    (found,) = examine(skewed(counts, sampler="balanced"), ["EH203"]).findings
    assert "rows of 2 classes of 4 are sampled more than 50 times per epoch: d (138) and c (125)." in found.message


@pytest.mark.parametrize(
    ("counts", "settings"),
    [
        (EXTREME, {"weights": "inverse"}),
        (EXTREME, {"sampler": "sqrt"}),
        (EXTREME, {"sampler": "balanced_subset"}),
        (EXTREME, {"sampler": {"name": "power", "power": 1.0, "max_ratio": 20}}),
        (None, {"sampler": "balanced"}),
        ({"a": 40, "b": 2}, {"sampler": "balanced"}),
        ({"a": 2000, "b": 0, "c": 1000}, {"sampler": "balanced"}),
    ],
)
def test_skew_itself_is_healthy(skewed, counts, settings):
    assert examine(skewed(counts, **settings), ["EH203"]).passed == ("EH203",)
