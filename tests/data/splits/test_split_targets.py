import numpy as np
import pandas as pd
import pytest

from evenhand.data.splits.sklearn_splitter import count_targets, encode

GROUP = np.array([0, 0, 1, 1])


def test_one_column_is_counted_by_class():
    expected = [[1, 1], [2, 0]]

    assert count_targets(["a", "b", "a", "a"], GROUP).tolist() == expected
    assert count_targets([True, False, True, True], GROUP).tolist() == [[1, 1], [0, 2]]
    assert count_targets(np.array([[0], [1], [0], [0]]), GROUP).tolist() == expected


def test_columns_of_shares_are_summed_and_others_counted():
    table = pd.DataFrame({"tag": [1, 0, 1, 1], "class": ["x", "y", "x", "x"], "soft": [0.5, 0.5, 0.0, 1.0]})

    assert count_targets(table, GROUP).tolist() == [[1, 1, 1, 1], [2, 1, 2, 0]]
    assert count_targets([[0, 5], [1, 7], [1, 5], [1, 5]], GROUP).tolist() == [[1, 1, 1], [2, 2, 0]]


def test_missing_and_continuous_labels_are_refused():
    with pytest.raises(ValueError, match="Input y contains NaN"):
        count_targets(["a", None, "b", "a"], GROUP)
    with pytest.raises(ValueError, match="Input y contains NaN"):
        count_targets([[0, 1], [1, np.nan], [1, 0], [0, 1]], GROUP)
    with pytest.raises(ValueError, match="continuous"):
        count_targets([0.1, 2.5, 1.0, 1.0], GROUP)


def test_values_are_numbered_in_their_order():
    assert encode([30, 10, 30, 20], "groups").tolist() == [2, 0, 2, 1]
