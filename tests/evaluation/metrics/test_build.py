import numpy as np
import pytest

from evenhand.base.errors import DataError
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows
from evenhand.evaluation.metrics.build import ask, positions

ROWS = EvaluatedRows(("cat", "dog"), np.array([[0.9, 0.1]]), np.array([0]))


def test_measures_of_one_kind_share_their_features():
    one, two = ask(ROWS, ["macro_f1", "recall[dog]"], {}, {})
    assert one.features is two.features


def test_measures_of_one_level_share_their_rows():
    levels = {"coarse": ("animal", "animal")}
    one, two = ask(ROWS, ["accuracy_coarse", "recall_coarse[animal]"], {}, levels)
    assert one.rows is two.rows
    assert two.estimate() == 1.0


def test_a_class_that_is_not_there_is_told_with_the_nearest():
    with pytest.raises(
        DataError, match=r'recall\[dogs\] names the class "dogs", which does not exist. Did you mean "dog"'
    ):
        ask(ROWS, ["recall[dogs]"], {}, {})
    with pytest.raises(
        DataError, match=r'recall\[z\] names the class "z", which does not exist. Classes are: "cat", "dog"'
    ):
        ask(ROWS, ["recall[z]"], {}, {})
    with pytest.raises(DataError, match=r'classes.pets names the class "bird"'):
        ask(ROWS, ["macro_f1_pets"], {"pets": ["cat", "bird"]}, {})


def test_a_metric_for_other_labels_is_refused():
    with pytest.raises(DataError, match='"hamming" is for data with several labels per row'):
        ask(ROWS, ["hamming"], {}, {})
    several = EvaluatedRows(("cat",), np.array([[0.9]]), np.array([[1.0]]))
    with pytest.raises(DataError, match='"top_5" is for data with one label per row'):
        ask(several, ["top_5"], {}, {})


def test_positions_are_in_the_order_asked_for():
    assert positions(("a", "b", "c"), ["c", "a"], "here").tolist() == [2, 0]
