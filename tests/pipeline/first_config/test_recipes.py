"""Recipes: what they write is a configuration, and more time never gives less."""

from dataclasses import replace
from pathlib import Path

import pytest
import tomlkit

from evenhand.pipeline.first_config.recipes import RECIPES, DataFacts, Speed, choose
from evenhand.settings.load import load

EXAMPLES = Path(__file__).parents[3] / "examples"
FAST = Speed(cores=2, start=3.0, decode=0.003, below=0.003, above=0.006, step=0.015, measured=True)
PHOTOS = DataFacts("photos", 3000, 600, 5, side=300)


@pytest.mark.parametrize("name", RECIPES.names())
@pytest.mark.parametrize("seconds", [60.0, 600.0, 6000.0])
def test_what_a_recipe_proposes_is_a_configuration(name: str, seconds: float) -> None:
    recipe = RECIPES.get(name)
    assert recipe.description.endswith(".")
    assert recipe.tried
    proposal = recipe.propose(replace(PHOTOS, kind=recipe.kind), FAST, seconds)
    if proposal is None:
        return
    data = {"kind": recipe.kind, "root": ".", "group": "g"}
    settings = load({"data": data, "folds": {"k": proposal.folds}, **tomlkit.parse(proposal.text).unwrap()})
    assert settings.model
    assert proposal.seconds > 0
    assert all(line.endswith(".") for line in proposal.why)


def test_more_time_never_gives_less() -> None:
    taken = [choose(PHOTOS, FAST, 60.0 * minutes) for minutes in (1, 3, 5, 10, 20, 60)]
    assert [found[0].rank for found in taken if found] == sorted((f[0].rank for f in taken if f), reverse=True)
    assert taken[0] is not None
    assert taken[0][0].name == "photos-frozen"
    assert taken[-1] is not None
    assert taken[-1][0].name == "photos-tuned"
    seconds = [found[1].seconds for found in taken if found and found[0].rank == 0]
    assert seconds == sorted(seconds)


@pytest.mark.parametrize("minutes", [5, 10, 30])
def test_a_proposal_that_tunes_fits_into_the_time(minutes: int) -> None:
    found = choose(PHOTOS, FAST, 60.0 * minutes)
    assert found is not None
    assert found[1].seconds <= 60 * minutes


def test_a_slower_machine_is_expected_to_take_longer() -> None:
    slow = replace(FAST, start=9.0, decode=0.009, below=0.009, above=0.018, step=0.045)
    for _, recipe in RECIPES:
        facts = replace(PHOTOS, kind=recipe.kind)
        one, other = (recipe.propose(facts, speed, 1e9) for speed in (FAST, slow))
        assert one is not None
        assert other is not None
        assert other.seconds > 2 * one.seconds


def test_groups_bound_the_folds() -> None:
    found = choose(replace(PHOTOS, bearable_folds=2), FAST, 600.0)
    assert found is not None
    assert found[1].folds == 2


def test_small_pictures_are_not_blown_up() -> None:
    found = choose(replace(PHOTOS, side=64), FAST, 6000.0)
    assert found is not None
    assert tomlkit.parse(found[1].text)["photos"]["size"] == 128


def test_a_kind_without_recipes_has_none() -> None:
    assert choose(replace(PHOTOS, kind="smells"), FAST, 600.0) is None


def test_the_example_on_mit_bih_is_the_recipe() -> None:
    example = tomlkit.parse((EXAMPLES / "mitdb.toml").read_text(encoding="utf-8")).unwrap()
    whole = replace(PHOTOS, kind="beats", rows=100_700, test_rows=49_700)
    proposal = RECIPES.get("beats-rhythm").propose(whole, FAST, 600.0)
    assert proposal is not None
    written = tomlkit.parse(proposal.text).unwrap()
    assert written == {section: example[section] for section in written}
    assert proposal.folds == example["folds"]["k"]


def _steps(text: str, rows: int, folds: int) -> list[float]:
    """Return how many optimizer steps a fold of each model takes."""
    config = tomlkit.parse(text).unwrap()
    trains = [
        config["train"] | model.get("train", {})
        for model in config["model"]
        if model.get("head") != "logistic_regression"
    ]
    return [train["epochs"] * rows * (folds - 1) / folds / train.get("batch_size", 64) for train in trains]


@pytest.mark.parametrize("name", [name for name in RECIPES.names() if name != "photos-two-encoders"])
def test_few_rows_are_trained_for_as_many_steps_as_a_training_takes(name: str) -> None:
    recipe = RECIPES.get(name)
    for rows in (200, 400, 900):
        found = recipe.propose(DataFacts(recipe.kind, rows, rows // 5, 4), FAST, 1e9)
        assert found is not None
        assert min(_steps(found.text, rows - rows // 5, found.folds)) >= 140, (name, rows)


@pytest.mark.parametrize(
    ("name", "rows", "epochs", "batch"),
    [
        ("scanlines-picture-causal", 2976, 16, 32),
        ("drawings-graphs", 931, 40, 32),
        ("beats-rhythm", 51_000, 6, 256),
    ],
)
def test_sets_as_large_as_those_a_recipe_was_tried_on_keep_its_epochs(
    name: str, rows: int, epochs: int, batch: int
) -> None:
    recipe = RECIPES.get(name)
    proposal = recipe.propose(DataFacts(recipe.kind, rows), FAST, 1e9)
    assert proposal is not None
    train = tomlkit.parse(proposal.text).unwrap()["train"]
    assert (train["epochs"], train["batch_size"]) == (epochs, batch)
