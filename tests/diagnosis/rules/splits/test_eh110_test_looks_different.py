from dataclasses import replace

import numpy as np
import pytest

from evenhand.base.values import TEST
from evenhand.data.config import FoldsConfig
from evenhand.data.splits.make_folds import make_folds
from evenhand.diagnosis import examine
from evenhand.diagnosis.rule import RULES

BIG = {"rows": 240, "series": 60}


def changed(case, change, part="test"):
    pictures = case.pictures.astype(np.float64)
    rows = (case.samples.frame["split"] == part).to_numpy()
    pictures[rows] = change(pictures[rows])
    return replace(case, pictures=pictures.clip(0, 255).astype(np.uint8))


def blurred(pictures):
    return sum(np.roll(pictures, (dy, dx), (1, 2)) for dy in (-1, 0, 1) for dx in (-1, 0, 1)) / 9


@pytest.mark.parametrize(
    ("change", "aspect"),
    [
        (lambda p: p * 0.5, "brightness (darker"),
        (blurred, "sharpness (more blurred"),
        (lambda p: p.mean(axis=3, keepdims=True) + 0 * p, "colour (paler"),
    ],
    ids=["darker", "blurred", "grey"],
)
def test_another_camera_is_found_and_named(make, change, aspect):
    (found,) = examine(changed(make(**BIG), change), ["EH110"]).findings
    assert found.severity == "warning"
    assert found.about == "test"
    assert aspect.split(" (")[0] in found.evidence["aspects"]
    assert aspect in found.message
    assert found.evidence["auc"]["estimate"] > 0.8 > found.evidence["chance"]


def test_larger_files_are_named(make):
    case = make(**BIG)
    test = case.samples.frame["split"] == "test"
    facts = case.facts.assign(width=np.where(test, 1200, 300), height=np.where(test, 800, 200))
    (found,) = examine(replace(case, facts=facts), ["EH110"]).findings
    assert "picture size (of larger files)" in found.message


def test_another_ground_behind_each_class_is_found(make):
    """No direction is common to all classes: only the neighbours tell."""
    case = make(rows=480, series=120, classes=6, ground="black")
    colours = np.random.default_rng(5).uniform(0, 255, (2, 6, 3))
    test = (case.samples.frame["split"] == "test").to_numpy().astype(int)
    pictures = np.maximum(case.pictures, colours[test, case.samples.labels][:, None, None]).astype(np.uint8)
    (found,) = examine(replace(case, pictures=pictures), ["EH110"]).findings
    assert found.evidence["auc"]["estimate"] > 0.7


def test_a_locked_test_is_compared_with_the_rest(make, fold_of):
    case = changed(make(**BIG), lambda p: p * 0.5)
    fold = np.where(case.samples.frame["split"] == "test", -1, np.arange(240) % 5)
    (found,) = examine(replace(case, folds=fold_of(case, fold, 5)), ["EH110"]).findings
    assert found.message.startswith("the locked test looks different from the rows trained on")


def test_features_tell_where_plain_looks_do_not(make):
    case = make(**BIG)
    rng = np.random.default_rng(0)
    features = rng.normal(size=(240, 32)).astype(np.float32)
    features[:, 0] += 2.0 * (case.samples.frame["split"] == "test")
    (found,) = examine(replace(case, features=features), ["EH110"]).findings
    assert "by content rather than by simple image statistics" in found.message
    assert examine(replace(case, features=features[:, 1:]), ["EH110"]).passed == ("EH110",)


HEALTHY = {
    "plain": BIG,
    "tiny": {"rows": 60, "series": 60, "classes": 2},
    "few series": {"rows": 240, "series": 14, "test_share": 0.5},
    "skew 1:500": {"rows": 600, "series": 100, "skew": 500.0},
    "black ground": {"rows": 240, "series": 60, "ground": "black"},
    "look-alike classes": {"rows": 240, "series": 60, "alike": True},
}


@pytest.mark.parametrize("name", HEALTHY)
def test_series_dealt_at_random_are_not_told_apart(make, name):
    assert examine(make(seed=1, **HEALTHY[name]), ["EH110"]).passed == ("EH110",)


def test_other_shares_of_the_classes_are_not_another_look(make):
    case = make(rows=600, series=600, classes=2)
    rng = np.random.default_rng(0)
    test = rng.random(600) < np.where(case.samples.labels == 0, 0.1, 0.6)
    colour = np.array([[250, 30, 30], [30, 30, 250]])[case.samples.labels]
    pictures = (case.pictures * 0.5 + colour[:, None, None] * 0.5).astype(np.uint8)
    frame = case.samples.frame.assign(split=np.where(test, "test", "train"))
    shifted = replace(case, samples=replace(case.samples, frame=frame), pictures=pictures)
    assert examine(shifted, ["EH110"]).passed == ("EH110",)


def test_too_small_a_test_cannot_be_compared(make):
    case = make(rows=100, series=100)
    frame = case.samples.frame.assign(split=["test"] * 10 + ["train"] * 90)
    examination = examine(replace(case, samples=replace(case.samples, frame=frame)), ["EH110"])
    assert examination.not_applicable == {"EH110": "a locked test, or a predefined split, with 20 rows in 5 groups"}


def drawn(case, seed=0, fraction=0.2):
    """Return the case with folds and a locked test that the program drew."""
    config = FoldsConfig(test={"fraction": fraction}, seed=seed)
    return replace(case, folds=make_folds(case.samples, config), config={"folds": config.model_dump()})


def found_in(case):
    """Return what the rule finds with few dealings, which is quicker."""
    return list(RULES.get("EH110").check(case, draws=59, most_p=0.02))


def lopsided(make, seed=0):
    """Return a case in which one series of a tenth of the rows looks like nothing else."""
    case = make(rows=160, series=40, classes=2, seed=seed)
    group = case.samples.frame["group"].to_numpy(dtype=object).copy()
    group[:16] = "large"
    pictures = case.pictures.copy()
    pictures[:16] //= 4
    frame = case.samples.frame.assign(group=group).drop(columns="split")
    return replace(case, samples=replace(case.samples, frame=frame), pictures=pictures)


def test_a_test_that_was_drawn_is_not_called_different(make):
    case, fired = lopsided(make), 0
    traits = case.traits
    for seed in range(4):
        one = drawn(case, seed, 0.3)
        one.__dict__["traits"] = traits
        fired += len(found_in(one))
    assert fired == 0


def test_a_drawn_test_is_compared_with_other_drawings(make):
    """Where all drawings but one look like the rest, the words do not say that it comes from elsewhere."""
    case = drawn(make(rows=120, series=40, classes=2), 0, 0.3)
    pictures = case.pictures.copy()
    pictures[case.folds.fold == TEST] //= 3
    (found,) = found_in(replace(case, pictures=pictures))
    assert found.evidence["sampled"]
    assert "99 of 100 resampled tests stay below" in found.message
    assert "so this is chance" in found.message
    given = replace(case, pictures=pictures, config={})
    (found,) = found_in(given)
    assert not found.evidence["sampled"]
    assert "where chance stays below" in found.message


def test_rows_are_looked_at_whatever_was_drawn(make, monkeypatch):
    monkeypatch.setattr("evenhand.diagnosis.evidence.evidence.SUBSAMPLE_ROWS", 100)
    case = make(**BIG)
    one, other = (drawn(case, seed).subsample.tolist() for seed in (0, 1))
    assert one == other
    assert len(one) < 150


def test_a_test_made_by_another_method_is_compared_with_chance(make):
    """A configuration that asks for a drawn test says nothing about folds that were made otherwise."""
    case = drawn(make(**BIG), 0, 0.3)
    test = case.folds.fold == TEST
    pictures = case.pictures.copy()
    pictures[test] //= 3
    case = replace(case, pictures=pictures)
    handmade = replace(case, folds=replace(case.folds, how={"method": "by hand"}))
    (found,) = found_in(handmade)
    assert not found.evidence["sampled"]
    assert "where chance stays below" in found.message


def test_where_few_tests_can_be_drawn_it_is_said_that_nothing_can_be_told(make, monkeypatch):
    case = drawn(make(**BIG), 0, 0.3)
    few = np.random.default_rng(0).random((240, 7)) < 0.3
    monkeypatch.setattr(type(case), "resampled_tests", lambda self, count: np.resize(few.T, (count, 240)).T)
    (found,) = found_in(case)
    assert (found.severity, found.evidence["tests"]) == ("note", 7)
    assert "cannot be decided: only 7 different tests can be drawn" in found.message
