from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evenhand.base.errors import DataError
from evenhand.base.values import Samples
from evenhand.diagnosis import Evidence


def test_parts_must_have_a_row_for_each_sample(make):
    with pytest.raises(DataError, match="The evidence has 3 pictures for 120 rows"):
        Evidence(samples=make().samples, pictures=np.zeros((3, 2, 2, 3), dtype=np.uint8))


def test_a_part_that_is_not_there_is_said():
    with pytest.raises(DataError, match="The evidence has no samples"):
        _ = Evidence().rows
    with pytest.raises(DataError, match="The evidence has no folds"):
        _ = Evidence().fold


def test_settings_are_read_by_dotted_key():
    case = Evidence(config={"folds": {"k": 4, "file": None}})
    assert case.setting("folds.k") == 4
    assert case.setting("folds.file", "none") == "none"
    assert case.setting("folds.k.deeper", 7) == 7


def test_labels_in_words():
    frame = pd.DataFrame({"id": list("xyz")})
    single = Evidence(samples=Samples(frame, ("a", "b"), np.array([1, -1, 0])))
    assert single.label_words.tolist() == ["b", "", "a"]
    several = Evidence(samples=Samples(frame, ("a", "b"), np.array([[1.0, 1.0], [0.0, 1.0], [np.nan, np.nan]])))
    assert several.label_words.tolist() == ["a|b", "b", ""]


def test_all_rows_are_trained_on_where_nothing_is_locked(make, fold_of):
    assert make().training.all()
    case = make(rows=10, classes=2)
    locked = Evidence(samples=case.samples, folds=fold_of(case, [-1] * 4 + [0, 1] * 3, 2))
    assert locked.training.tolist() == [False] * 4 + [True] * 6


def test_sets_of_what_is_alike_are_joined(make):
    case = make(side=64, rows=30)
    pictures = case.pictures.copy()
    pictures[7] = pictures[3]
    pictures[9] = np.clip(pictures[3] * 1.05 + 4, 0, 255)
    assert [rows.tolist() for rows in replace(case, pictures=pictures).duplicate_sets] == [[3, 7, 9]]


def test_folds_can_be_added_without_looking_again(make, fold_of):
    case = make(rows=30)
    copies = case.copies
    divided = case.with_folds(fold_of(case, np.arange(30) % 3, 3))
    assert divided.copies is copies
    assert set(divided.sides) == {"fold 0", "fold 1", "fold 2"}
    assert case.folds is None


def test_shared_parts_are_made_once(make):
    case = make()
    assert case.traits is case.traits
    assert case.copies is case.copies
    assert list(case.traits.index) == case.subsample.tolist()
