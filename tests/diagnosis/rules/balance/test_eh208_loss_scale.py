import pytest

from evenhand.diagnosis import examine

SGD = {"model": [{"name": "m", "train": {"optimizer": "sgd", "learning_rate": 0.1}}]}
CLIPPED = {"model": [{"name": "m", "train": {"optimizer": "adamw", "clip": 1.0, "learning_rate": 0.1}}]}
BOTH = {"sampler": "balanced", "weights": "inverse", "on_overshoot": "allow"}


@pytest.mark.parametrize("config", [SGD, CLIPPED])
def test_weights_on_drawn_rows_lengthen_the_steps(skewed, config):
    (found,) = examine(skewed(config=config, **BOTH), ["EH208"]).findings
    assert found.severity == "warning"
    assert "multiply the loss of the rows drawn by 10.3 on average, and the steps with it" in found.message
    assert found.patch == {"model.m.train.learning_rate": pytest.approx(0.0097)}


def test_adamw_does_not_mind(skewed):
    (found,) = examine(skewed(**BOTH), ["EH208"]).findings
    assert (found.severity, found.patch) == ("note", None)


@pytest.mark.parametrize(
    ("counts", "settings"),
    [
        (None, {}),
        (None, {"sampler": "balanced"}),
        (None, {"weights": "inverse"}),
        ({"a": 50_000, "b": 100}, {"weights": "inverse"}),
        (None, {"weights": {"name": "downweight", "class": "N", "factor": 0.01}}),
        ({"a": 3, "b": 2}, {"sampler": "balanced", "weights": "inverse"}),
    ],
)
def test_weights_alone_keep_the_scale(skewed, counts, settings):
    assert examine(skewed(counts, config=SGD, **settings), ["EH208"]).passed == ("EH208",)
