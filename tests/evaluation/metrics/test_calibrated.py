import numpy as np
import pytest

from evenhand.evaluation.ask import ask
from evenhand.evaluation.bins import bin_of, edges
from evenhand.evaluation.calibration import reliability
from evenhand.evaluation.rows import Rows


def figure(rows, name="calibration_error", sets=None):
    (one,) = ask(rows, [name], sets or {}, {})
    return one.estimate()


def test_certain_and_right_is_zero_and_certain_and_wrong_is_one():
    sure = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert figure(Rows(("a", "b"), sure, np.array([0, 1]))) == 0.0
    assert figure(Rows(("a", "b"), sure, np.array([1, 0]))) == 1.0


def test_it_is_the_weighted_mean_gap_of_the_reliability_bins(predictions):
    p = predictions(500, 4)
    bins = reliability(p)
    gap = sum(b.n * abs(b.confidence - b.accuracy) for b in bins) / sum(b.n for b in bins)
    assert figure(Rows(p.classes, p.probabilities, p.truth)) == pytest.approx(gap)


def test_probabilities_that_tell_the_truth_have_little(predictions):
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(3), 20_000)
    truth = (probabilities.cumsum(axis=1) > rng.random((20_000, 1))).argmax(axis=1)
    assert figure(Rows(("a", "b", "c"), probabilities, truth)) < 0.02
    assert figure(Rows(("a", "b", "c"), probabilities**3 / (probabilities**3).sum(1, keepdims=True), truth)) > 0.1


def test_a_set_takes_the_rows_predicted_as_one_of_it():
    rows = Rows(("a", "b"), np.array([[0.8, 0.2], [0.4, 0.6]]), np.array([0, 0]))
    assert figure(rows, "calibration_error_b", {"b": ["b"]}) == pytest.approx(0.6)


def test_several_labels_count_one_by_one():
    rows = Rows(("a", "b"), np.tile([0.8, 0.2], (40, 1)), np.tile([1.0, 0.0], (40, 1)))
    assert figure(rows) == pytest.approx(0.2)


def test_bins_hold_about_equally_many_and_never_part_equals():
    confidence = np.repeat(np.linspace(0.1, 0.9, 9), 100)
    inner = edges(confidence, 4)
    into = bin_of(confidence, inner)
    assert all(len(set(into[confidence == value])) == 1 for value in set(confidence))
    assert np.bincount(into).min() >= 100
    assert len(edges(np.array([]), 4)) == len(edges(np.arange(30.0), 4)) == 0
    assert len(edges(np.full(50, 0.5), 4)) <= 1
