from dataclasses import replace

import numpy as np
import pytest

from evenhand.diagnosis import examine

RECIPE = {"side": 96, "rows": 80, "series": 40}


def rows_of(case, part):
    return np.flatnonzero(case.samples.frame["split"] == part)


def with_copies(case, pairs, change=lambda picture: picture):
    pictures = case.pictures.copy()
    for one, other in pairs:
        pictures[other] = np.clip(change(pictures[one].astype(float)), 0, 255)
    return replace(case, pictures=pictures)


@pytest.mark.parametrize("change", [lambda p: p, lambda p: p * 1.05 + 4], ids=["copy", "brighter copy"])
def test_a_training_picture_in_the_test_is_found(make, change):
    case = make(**RECIPE)
    train, test = rows_of(case, "train")[0], rows_of(case, "test")[0]
    (found,) = examine(with_copies(case, [(train, test)], change), ["EH105"]).findings
    assert found.message.startswith("1 pair of identical or nearly identical pictures lies in different parts")
    assert set(found.ids) == {case.samples.ids[train], case.samples.ids[test]}
    shares = found.evidence["shares"]
    assert shares["test"] == 1 / len(rows_of(case, "test"))
    assert (
        f"{shares['test']:.1%} of the {len(rows_of(case, 'test'))} rows of test have a duplicate elsewhere"
        in found.message
    )


def test_a_test_of_which_much_was_seen_is_an_error(make):
    case = make(**RECIPE)
    pairs = list(zip(rows_of(case, "train")[:5], rows_of(case, "test")[:5], strict=True))
    (found,) = examine(with_copies(case, pairs), ["EH105"]).findings
    assert found.severity == "error"


def test_folds_are_what_counts_where_there_are_any(make, fold_of):
    case = make(**RECIPE)
    train, test = rows_of(case, "train")[0], rows_of(case, "test")[0]
    fold = np.arange(80) % 4
    fold[test] = fold[train]
    copied = with_copies(case, [(train, test)])
    assert examine(replace(copied, folds=fold_of(case, fold, 4)), ["EH105"]).passed == ("EH105",)
    fold[test] = -1
    (found,) = examine(replace(copied, folds=fold_of(case, fold, 4)), ["EH105"]).findings
    assert "test" in found.message


def test_folds_that_ignore_duplicates_are_given_the_patch(make, fold_of):
    case = with_copies(make(**RECIPE), [(0, 1)])
    case = replace(case, folds=fold_of(case, np.arange(80) % 4, 4), config={"folds": {"duplicates": "ignore"}})
    assert examine(case, ["EH105"]).findings[0].patch == {"folds.duplicates": "group"}


HEALTHY = {
    "plain": RECIPE,
    "black ground": {**RECIPE, "ground": "black"},
    "look-alike classes": {**RECIPE, "alike": True},
    "tiny": {**RECIPE, "rows": 12, "classes": 2, "series": 6, "test_share": 0.5},
}


@pytest.mark.parametrize("name", HEALTHY)
def test_different_pictures_in_different_parts_pass(make, name):
    assert examine(make(seed=2, **HEALTHY[name]), ["EH105"]).passed == ("EH105",)


def test_copies_inside_one_part_pass(make):
    case = make(**RECIPE)
    first, second = rows_of(case, "train")[:2]
    assert examine(with_copies(case, [(first, second)]), ["EH105"]).passed == ("EH105",)


def test_copies_without_pictures_are_found_too(make):
    case = make(**RECIPE)
    train, test = rows_of(case, "train")[0], rows_of(case, "test")[0]
    content = [f"c{i}" for i in range(80)]
    content[test] = content[train]
    samples = replace(case.samples, kind="drawings", frame=case.samples.frame.assign(content=content))
    (found,) = examine(replace(case, samples=samples, pictures=None), ["EH105"]).findings
    assert found.message.startswith("1 pair of identical drawings lies in different parts of the data: ")
