from dataclasses import replace

import numpy as np
import pytest

from evenhand.diagnosis import examine


@pytest.fixture
def grouped(make, fold_of):
    """Return a case of two classes: 30 rows of "a" in ten groups, and `groups` groups of "b" with 4 rows each."""

    def case(groups, k=5):
        base = make(rows=30 + 4 * groups, classes=2)
        label = np.repeat([0, 1], [30, 4 * groups])
        group = np.concatenate([np.arange(30) // 3, 100 + np.arange(4 * groups) // 4])
        frame = base.samples.frame.assign(group=[f"g{g}" for g in group])
        samples = replace(base.samples, frame=frame, labels=label, classes=("a", "b"))
        base = replace(base, samples=samples)
        return replace(base, folds=fold_of(base, group % k, k))

    return case


def test_a_class_in_one_group_is_an_error_without_a_patch(grouped):
    (found,) = examine(grouped(1), ["EH108"]).findings
    assert (found.severity, found.about, found.patch) == ("error", "b", None)
    assert found.message == "1 class of 2 lies in one group only: b (1)."
    assert len(found.ids) == 4


def test_a_class_in_fewer_groups_than_folds_is_a_warning_with_fewer_folds(grouped):
    (found,) = examine(grouped(3), ["EH108"]).findings
    assert (found.severity, found.patch) == ("warning", {"folds.k": 3})
    assert "in fewer groups than the 5 folds: b (3)" in found.message


@pytest.mark.parametrize(("groups", "k"), [(5, 5), (9, 5), (2, 2)])
def test_as_many_groups_as_folds_pass(grouped, groups, k):
    assert examine(grouped(groups, k), ["EH108"]).passed == ("EH108",)


def test_locked_groups_do_not_count(grouped):
    case = grouped(5)
    fold = case.folds.fold.copy()
    fold[case.samples.frame["group"] == "g100"] = -1
    (found,) = examine(replace(case, folds=replace(case.folds, fold=fold)), ["EH108"]).findings
    assert found.evidence["classes"] == {"b": 4}


def test_rows_stand_for_groups_where_none_is_named(grouped):
    case = grouped(1)
    ungrouped = replace(case.samples, frame=case.samples.frame.drop(columns="group"))
    (found,) = examine(replace(case, samples=ungrouped), ["EH108"]).findings
    assert "in fewer rows than the 5 folds: b (4)" in found.message


def test_without_folds_it_is_not_applicable(make):
    assert examine(make(), ["EH108"]).not_applicable == {"EH108": "folds"}


def test_groups_that_families_join_are_one(grouped):
    case = grouped(6, k=2)
    how = {"classes_in_few_groups": {"b": 1}}
    (found,) = examine(replace(case, folds=replace(case.folds, how=how)), ["EH108"]).findings
    assert (found.severity, found.patch) == ("error", None)
    assert found.message == (
        "1 class of 2 lies in one group only: b (1). "
        "Copies and families, which folds keep together, join the 6 groups of b."
    )
