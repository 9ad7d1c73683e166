"""Classes that exclude each other, and models that share a softmax over them."""

from __future__ import annotations

from typing import Any

import pytest

from evenhand.base.errors import ConfigError
from evenhand.settings.load import Settings, load


def loaded(*changes: str, **data: Any) -> Settings:
    model = {"name": "a", "encoder": "timm:resnet18", "blocks": "softmax"}
    values = {"data": {"root": "photos", "task": "multi", "exclusive": [["x", "y"]], **data}, "model": [model]}
    return load(values, changes=changes)


def test_a_softmax_over_sets_of_classes_is_an_option_of_a_model() -> None:
    assert loaded().model[0].blocks == "softmax"
    assert loaded("model.a.balance.weights=inverse").data.exclusive == [["x", "y"]]


@pytest.mark.parametrize(
    ("changes", "data", "message"),
    [
        ([], {"exclusive": []}, 'model[0].blocks: found "softmax", but data.exclusive names no classes'),
        ([], {"exclusive": [["x", "y"], ["z", "x"]]}, "exclusive names x more than once"),
        ([], {"exclusive": [["x"]]}, "exclusive holds sets of two classes or more"),
        (["data.task=single"], {}, "exclusive names sets among several classes of a row"),
        (
            ["balance.sampler=balanced"],
            {},
            'found "softmax" with balance.sampler, which corrects each class by itself',
        ),
        (["train.label_smoothing=0.1"], {}, 'found "softmax" with train.label_smoothing'),
        (
            ["model.a.head=logistic_regression"],
            {},
            'blocks = "softmax" is trained, and head = "logistic_regression"',
        ),
    ],
)
def test_what_does_not_go_with_it_is_a_fault(changes: list[str], data: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(*changes, **data)
    assert message in " ".join(str(caught.value).split())
