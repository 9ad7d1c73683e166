from dataclasses import replace

import numpy as np
import pytest

from evenhand.diagnosis import examine


@pytest.fixture
def grouped(make, fold_of):
    """Return a case of "a" (60 rows, 12 groups) and "b", whose rows lie in groups of the sizes given."""

    def case(*sizes, test=()):
        base = make(rows=60 + sum(sizes), classes=2)
        label = np.repeat([0, 1], [60, sum(sizes)])
        group = np.concatenate([np.arange(60) // 5, np.repeat(100 + np.arange(len(sizes)), sizes)])
        frame = base.samples.frame.assign(group=[f"g{g}" for g in group])
        base = replace(base, samples=replace(base.samples, frame=frame, labels=label, classes=("a", "b")))
        fold = np.where(np.isin(group, test), -1, group % 3)
        return replace(base, folds=fold_of(base, fold, 3))

    return case


def test_a_class_that_nearly_all_comes_from_one_group_cannot_be_estimated(grouped):
    (found,) = examine(grouped(40, 2, 1, 1), ["EH410"]).findings
    assert (found.code, found.about) == ("EH410", "b")
    assert (
        found.message
        == "b cannot be estimated out of fold: 40 of its 44 rows come from g100 alone, 4 groups in all."
    )
    assert found.evidence["effective"] == pytest.approx(1.21)
    assert len(found.ids) == 44


@pytest.mark.parametrize("sizes", [(9,), (9, 9)])
def test_two_groups_are_too_few_however_even(grouped, sizes):
    (found,) = examine(grouped(*sizes), ["EH410"]).findings
    assert found.evidence["groups"] == len(sizes)


@pytest.mark.parametrize("sizes", [(5, 5, 5), (30, 10, 10, 5), (1, 1, 1), tuple([2] * 12)])
def test_a_class_in_several_groups_passes_even_if_rare_or_uneven(grouped, sizes):
    assert examine(grouped(*sizes), ["EH410"]).passed == ("EH410",)


def test_the_locked_test_is_looked_at_by_itself(grouped):
    (found,) = examine(grouped(5, 5, 5, 5, test=(103, 0, 1, 2)), ["EH410"]).findings
    assert "on the locked test: 5 of its 5 rows come from g103 alone, 1 group in all" in found.message


def test_where_each_row_is_a_group_nothing_is_said(make, fold_of):
    base = make(rows=20, classes=2)
    assert examine(replace(base, folds=fold_of(base, np.arange(20) % 3, 3)), ["EH410"]).passed == ("EH410",)
