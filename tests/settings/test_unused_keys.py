"""Keys that are set and change nothing are named, with those that do."""

from __future__ import annotations

import re

import pytest

from evenhand.settings.load import load
from evenhand.settings.unused_keys import unused_keys

OWN = {"name": "frozen", "encoder": "package:efficientnet-lite0", "tune": "head", "train": {"epochs": 30}}
REGRESSION = {"name": "lr", "encoder": "package:efficientnet-lite0", "head": "logistic_regression"}
PLAIN = {"name": "plain", "encoder": "small", "tune": "all"}


def warnings(models: list[dict[str, object]], *changes: str, **more: object) -> list[str]:
    return unused_keys(load({"data": {"root": "photos"}, "model": models, **more}, changes=changes))


@pytest.mark.parametrize(
    ("models", "change", "words"),
    [
        ([OWN, REGRESSION], "train.epochs=2", "train.epochs changes nothing.*own: model.frozen.train.epochs\\."),
        ([OWN], "train.epochs=30", "model.frozen.train.epochs"),
        ([{**OWN, "name": name} for name in "abcde"], "train.epochs=2", "model.c.train.epochs and 2 more"),
        ([REGRESSION], "train.epochs=2", "A head that is solved is fitted in one step"),
        ([REGRESSION], "balance.sampler=balanced", "balance.sampler changes nothing.*in one step"),
        (
            [{**PLAIN, "balance": {"weights": "none"}}],
            "balance.weights=inverse",
            "balance.weights changes nothing.*model.plain.balance.weights",
        ),
        ([{**PLAIN, "train": {"stage": [{"epochs": 3}]}}], "train.epochs=2", "model.plain.train.stage.0.epochs"),
    ],
)
def test_a_key_that_no_model_uses_is_named(models, change, words):
    (found,) = warnings(models, change)
    assert re.search(words, found), found


@pytest.mark.parametrize(
    ("models", "change"),
    [
        ([OWN, PLAIN], "train.epochs=2"),
        ([OWN], "train.batch_size=8"),
        ([REGRESSION], "train.batch_size=8"),
        ([OWN], "model.frozen.train.epochs=2"),
        ([], "train.epochs=2"),
    ],
)
def test_a_key_that_a_model_uses_is_not(models, change):
    assert warnings(models, change) == []


def test_a_table_is_laid_over_the_one_above_it():
    models = [{**PLAIN, "balance": {"loss": {"name": "focal"}}}]
    assert warnings(models, balance={"loss": {"name": "focal", "gamma": 1.0}}) == []


def test_stages_of_all_models_have_epochs_of_their_own():
    (found,) = warnings([PLAIN], train={"epochs": 9, "stage": [{"epochs": 3}]})
    assert "Stages have their own: train.stage.0.epochs" in found
