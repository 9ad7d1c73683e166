import numpy as np
import pandas as pd

from evenhand.base.values import NO_LABEL, TEST, Samples
from evenhand.data.splits.report import folds_report, label_columns


def samples(labels: np.ndarray, k: int = 2) -> Samples:
    frame = pd.DataFrame({"id": [str(i) for i in range(len(labels))], "path": "x"})
    return Samples(frame, tuple("ab"[:k]), labels)


def test_the_account_of_a_plan():
    labels = np.array([0, 0, 0, 0, 1, 1, NO_LABEL, 0])
    group = np.array([0, 0, 1, 2, 3, 3, 4, 5])
    fold = np.array([0, 0, 1, 1, 1, 1, 0, TEST])

    found = folds_report(samples(labels), group, fold, 2)

    assert found == {
        "groups": 5,
        "rows": [3, 4],
        "test_rows": 1,
        "rows_without_label": 1,
        "worst_share_deviation": 0.5,
        "worst_class": "b",
        "lowest_possible": 0.5,
        "classes_in_few_groups": {"b": 1},
        "not_in_training": {"b": [1]},
        "groups_in_several_folds": 0,
    }


def test_a_class_that_is_only_in_the_test_is_not_blamed_on_the_folds():
    found = folds_report(samples(np.array([0, 0, 1])), np.arange(3), np.array([0, 1, TEST]), 2)

    assert found["worst_share_deviation"] == 0
    assert found["not_in_training"] == {}


def test_nothing_labelled_is_nothing_to_judge():
    found = folds_report(samples(np.full(2, NO_LABEL)), np.arange(2), np.array([0, 1]), 2)

    assert found["worst_share_deviation"] == found["lowest_possible"] == 0


def test_unknown_rows_have_no_label_of_either_kind():
    several = samples(np.array([[np.nan, np.nan], [0.0, 0.0], [0.5, 1.0]]))

    assert several.known.tolist() == [False, True, True]
    assert label_columns(several).tolist() == [[0, 0], [0, 0], [0.5, 1]]
    tags = label_columns(several, np.ones((3, 1)))
    assert tags[:, 2].tolist() == [0, 1, 1]
