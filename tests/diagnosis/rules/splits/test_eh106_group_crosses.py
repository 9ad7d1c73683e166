from dataclasses import replace

import numpy as np
import pytest

from evenhand.diagnosis import examine


def moved(case, row, part):
    split = case.samples.frame["split"].copy()
    split[row] = part
    return replace(case, samples=replace(case.samples, frame=case.samples.frame.assign(split=split)))


def test_a_group_in_two_given_splits_is_an_error(make):
    case = make()
    group = case.samples.frame["group"].iloc[0]
    rows = np.flatnonzero(case.samples.frame["group"] == group)
    (found,) = examine(moved(case, 0, "elsewhere"), ["EH106"]).findings
    assert found.severity == "error"
    assert found.about == group
    assert found.ids == tuple(case.samples.ids[rows])
    assert f"1 group of {len(set(case.samples.groups))} lies in more than one part" in found.message


def test_folds_that_cut_a_group_are_found(make, fold_of):
    case = make()
    fold = np.unique(case.samples.groups.astype(str), return_inverse=True)[1] % 5
    assert examine(replace(case, folds=fold_of(case, fold, 5)), ["EH106"]).passed == ("EH106",)
    fold[0] = (fold[0] + 1) % 5
    (found,) = examine(replace(case, folds=fold_of(case, fold, 5)), ["EH106"]).findings
    assert found.evidence["crossing"] == 1


@pytest.mark.parametrize("recipe", [{}, {"rows": 12, "classes": 2, "series": 4}, {"skew": 500.0, "rows": 600}])
def test_whole_groups_pass(make, recipe):
    assert examine(make(**recipe), ["EH106"]).passed == ("EH106",)


def test_rows_without_a_group_cross_nothing(make):
    case = make()
    frame = case.samples.frame.assign(group=None)
    frame.loc[:1, "group"] = "pair"
    frame["split"] = np.where(np.arange(len(frame)) % 2, "a", "b")
    frame.loc[:1, "split"] = "a"
    assert examine(replace(case, samples=replace(case.samples, frame=frame)), ["EH106"]).passed == ("EH106",)


def test_splits_pooled_into_whole_folds_are_no_leak(make, fold_of):
    case = moved(make(), 0, "val")
    fold = np.unique(case.samples.groups.astype(str), return_inverse=True)[1] % 5
    assert examine(replace(case, folds=fold_of(case, fold, 5)), ["EH106"]).passed == ("EH106",)


def test_groups_whose_names_differ_after_a_nul_are_two(make):
    case = make()
    frame = case.samples.frame
    first = frame["group"] == frame["group"].iloc[0]
    names = np.where(first, "c\0d", np.where(frame["split"] == frame["split"].iloc[0], "c", "c\0e"))
    case = replace(case, samples=replace(case.samples, frame=frame.assign(group=names.astype(object))))
    assert examine(case, ["EH106"]).passed == ("EH106",)
