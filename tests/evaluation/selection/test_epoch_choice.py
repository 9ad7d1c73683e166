"""What is said below out-of-fold figures about the epochs that were selected on the same rows."""

from __future__ import annotations

import pytest

from evenhand.evaluation.selection.epoch_choice import epoch_choice_words
from evenhand.models.heads.registry import HEADS
from evenhand.settings.load import load


def model(name: str, **train: object) -> dict[str, object]:
    return {"name": name, "train": {"choose_by": "score", "epochs": 5, **train}}


@pytest.mark.parametrize(
    ("models", "which"),
    [
        ([model("a")], "of a was"),
        ([model("a", choose_by="loss"), model("b")], "of a and b was"),
        ([model("a"), model("b"), model("c")], "of a, b and c was"),
        ([model(name) for name in "abcd"], "of 4 models was"),
        ([model("a"), model("b", choose_by="last")], "of a was"),
        ([model("a", epochs=1), model("b", epochs=1, stage=[{"epochs": 1}, {"epochs": 1}])], "of b was"),
        ([model("a", epochs=1, ema=0.9)], "of a was"),
    ],
)
def test_models_whose_epoch_was_selected_are_named(models, which):
    words = epoch_choice_words({"model": models})
    assert which in words
    assert 'train.choose_by = "last" selects none' in words


@pytest.mark.parametrize(
    "resolved",
    [
        {},
        {"model": [{"name": "old"}]},
        {"model": [model("a", choose_by="last")]},
        {"model": [model("a", epochs=1)]},
    ],
)
def test_nothing_is_said_where_nothing_was_selected(resolved):
    assert epoch_choice_words(resolved) == ""


@pytest.mark.parametrize("head", [name for name, head in HEADS if head.solved])
def test_a_head_without_epochs_selects_none(head):
    settings = load({
        "data": {"root": "."},
        "model": [{"name": "solved", "encoder": "small", "head": head}, {"name": "trained", "encoder": "small"}],
    })  # fmt: skip
    assert epoch_choice_words(settings.resolved()).startswith("The epoch of trained was")
