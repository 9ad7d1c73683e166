import numpy as np
import pytest

from evenhand.base.errors import DataError
from evenhand.base.values import Predictions
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows, coarser, known, rows_of


def test_the_first_of_equals_is_predicted():
    rows = EvaluatedRows(("a", "b"), np.array([[0.5, 0.5]]), np.array([1]))
    assert rows.predicted.tolist() == [0]
    assert rows.held.tolist() == [[False, True]]
    assert rows.claimed.tolist() == [[True, False]]


def test_known_rows_have_a_class_or_a_full_set_of_labels():
    assert known(np.array([0, -1, 2])).tolist() == [True, False, True]
    assert known(np.array([[0.0, 1.0], [np.nan, np.nan]])).tolist() == [True, False]


def test_probabilities_of_fine_classes_are_added_up():
    rows = EvaluatedRows(("cat", "oak", "dog"), np.array([[0.3, 0.4, 0.3]]), np.array([2]))
    up = coarser(rows, ("animal", "tree", "animal"))
    assert up.classes == ("animal", "tree")
    assert up.probabilities == pytest.approx(np.array([[0.6, 0.4]]))
    assert up.truth.tolist() == [0]
    assert up.predicted.tolist() == [0]


def test_of_several_labels_the_largest_counts():
    rows = EvaluatedRows(("cat", "oak", "dog"), np.array([[0.3, 0.4, 0.6]]), np.array([[1.0, 0.0, 0.0]]))
    up = coarser(rows, ("animal", "tree", "animal"))
    assert up.probabilities.tolist() == [[0.6, 0.4]]
    assert up.truth.tolist() == [[1.0, 0.0]]


def test_a_level_names_every_class():
    with pytest.raises(DataError, match="2 coarser classes for 3 classes"):
        coarser(EvaluatedRows(("a", "b", "c"), np.ones((1, 3)) / 3, np.array([0])), ("x", "y"))


def test_without_truth_there_is_nothing_to_judge():
    with pytest.raises(DataError, match='"lite0" have no truth'):
        rows_of(Predictions(np.array(["1"]), ("a",), np.ones((1, 1)), model="lite0"))


def test_a_class_number_beyond_the_classes_is_told_in_words():
    with pytest.raises(DataError, match=r'first: 1, id "1"\); there are 1 classes'):
        rows_of(Predictions(np.array(["1"]), ("a",), np.ones((1, 1)), np.array([1])))


def test_work_is_done_once():
    rows = EvaluatedRows(("a",), np.ones((1, 1)), np.array([0]))
    assert rows.once("thing", list) is rows.once("thing", list)
