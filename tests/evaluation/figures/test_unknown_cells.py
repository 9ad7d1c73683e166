"""What is computed beside metrics: cells whose truth is unknown do not matter there either."""

from dataclasses import replace

import numpy as np
import pytest

from evenhand.base.values import Predictions
from evenhand.diagnosis import Evidence, examine
from evenhand.evaluation.figures.calibration import expected_accuracy, reliability
from evenhand.evaluation.figures.confusion import confidently_wrong
from evenhand.evaluation.new_rows.class_shares import shares_against_truth


@pytest.fixture
def pair():
    """Return predictions with a fifth of the cells unknown, and the same with other probabilities in them."""
    rng = np.random.default_rng(0)
    truth = (rng.random((300, 4)) < 0.3).astype(float)
    p = np.clip(0.6 * truth + 0.4 * rng.random(truth.shape), 0, 1)
    hidden = rng.random(truth.shape) < 0.2
    hidden[:, 0] = False
    one = Predictions(np.arange(300).astype(str), ("a", "b", "c", "d"), p, np.where(hidden, np.nan, truth),
                      np.arange(300).astype(np.int16) % 3, model="m", origin="out-of-fold")  # fmt: skip
    return one, replace(one, probabilities=np.where(hidden, 1 - p, p))


def test_mistakes_curves_and_shares_are_those_of_known_cells(pair):
    one, other = pair
    assert confidently_wrong(one) == confidently_wrong(other)
    assert reliability(one) == reliability(other)
    assert shares_against_truth(one, draws=200) == shares_against_truth(other, draws=200)


def test_a_row_with_an_unknown_label_may_be_confidently_wrong_in_another():
    truth = np.array([[0.0, np.nan], [1.0, 0.0]])
    p = Predictions(np.array(["x", "y"]), ("a", "b"), np.array([[0.9, 0.1], [0.8, 0.3]]), truth)
    assert [(one["id"], one["truth"]) for one in confidently_wrong(p)] == [("x", "not a")]


def test_unknown_labels_count_neither_as_right_nor_as_sure(pair):
    # All known labels right in 70 % and said with 70 %; were unknown ones right, the model would be underconfident.
    rng = np.random.default_rng(1)
    truth = np.where(rng.random((2000, 4)) < 0.7, 1.0, 0.0)
    hidden = rng.random(truth.shape) < 0.5
    hidden[:, 0] = False
    honest = Predictions(np.arange(2000).astype(str), ("a", "b", "c", "d"), np.full(truth.shape, 0.7),
                         np.where(hidden, np.nan, truth), model="m", origin="out-of-fold")  # fmt: skip
    assert examine(Evidence(predictions=(honest,)), ["EH408"]).passed == ("EH408",)


def test_a_new_row_of_which_all_labels_count_is_not_expected_to_be_right_as_often_as_one_of_few_known():
    rng = np.random.default_rng(2)
    truth = (rng.random((3000, 4)) < 0.5).astype(float)
    wrong = rng.random(truth.shape) < 0.2
    p = np.where(wrong, 1 - truth, truth) * 0.6 + 0.2
    hidden = (np.arange(3000) % 3 > 0)[:, None] & (np.arange(4) > 0)
    held_out = Predictions(np.arange(3000).astype(str), ("a", "b", "c", "d"), p, np.where(hidden, np.nan, truth))
    assert expected_accuracy(np.array([0.8]), held_out) == pytest.approx(0.8**4, abs=0.05)
