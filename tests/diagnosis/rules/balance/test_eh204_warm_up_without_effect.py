import pytest

from evenhand.balance import effective_prior
from evenhand.diagnosis import examine


def test_a_sampler_is_not_warmed_up(skewed):
    (found,) = examine(skewed(sampler="balanced", warmup_epochs=5), ["EH204"]).findings
    assert found.severity == "warning"
    assert found.message == (
        "m: balance.warmup_epochs = 5, but the first epoch has the exponent 1.00 of 1.00: sampler balanced is not "
        "warmed up."
    )
    weights = found.patch["balance.weights"]
    assert effective_prior({"a": 90, "b": 10}, weights=weights).exponent == pytest.approx(1.0)


def test_neither_are_logits(skewed):
    (found,) = examine(skewed(loss="logit_adjusted", weights_from=3), ["EH204"]).findings
    assert "loss logit_adjusted is not warmed up" in found.message
    assert found.patch is None


@pytest.mark.parametrize("sampler", ["sqrt", {"name": "effective_number", "beta": 0.999}])
def test_the_patch_has_the_same_prior(skewed, sampler):
    (found,) = examine(skewed(sampler=sampler, warmup_epochs=2), ["EH204"]).findings
    ours = effective_prior([9000, 200, 700, 100], weights=found.patch["balance.weights"])
    assert ours.shares == pytest.approx(effective_prior([9000, 200, 700, 100], sampler=sampler).shares)


@pytest.mark.parametrize(
    ("counts", "settings"),
    [
        (None, {"weights": "inverse", "warmup_epochs": 5}),
        (None, {"weights": "inverse", "weights_from": 10}),
        (None, {"sampler": "balanced"}),
        (None, {"warmup_epochs": 5}),
        (None, {"sampler": "sqrt", "weights": {"name": "inverse", "power": 0.5}, "warmup_epochs": 5}),
        ({"a": 50_000, "b": 100}, {"loss": {"name": "class_balanced_focal"}, "warmup_epochs": 3}),
        ({"a": 4, "b": 4}, {"sampler": "balanced", "warmup_epochs": 3}),
    ],
)
def test_what_does_rise_is_healthy(skewed, counts, settings):
    assert examine(skewed(counts, **settings), ["EH204"]).passed == ("EH204",)
