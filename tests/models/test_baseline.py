"""The baseline of every table."""

from evenhand.models.baseline import LOGISTIC_REGRESSION, baseline_of
from evenhand.models.config import ModelConfig


def test_the_baseline_sees_what_the_first_pretrained_model_sees() -> None:
    own = ModelConfig(name="own", encoder="small")
    tuned = ModelConfig(name="t", encoder="package:a", tune="from:b", pool=["b", "own"], size=96, views=4)
    frozen = ModelConfig(name="f", encoder="package:a", pool="stages", views=2, views_use="average")
    first = baseline_of([own, tuned, frozen])
    assert first is not None
    assert (first.encoder, first.size, first.pool, first.views, first.tune) == ("package:a", 96, "own", 1, "head")
    second = baseline_of([frozen, tuned])
    assert second is not None
    assert (second.pool, second.views, second.views_use) == ("stages", 2, "average")
    named = ModelConfig(name="lr", encoder="package:a", head=LOGISTIC_REGRESSION)
    assert baseline_of([own]) is baseline_of([frozen, named]) is None
