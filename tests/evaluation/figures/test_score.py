import numpy as np
import pytest
from sklearn.metrics import f1_score

from evenhand.evaluation.figures.score import fast_score


def test_the_score_is_the_weighted_sum(predictions):
    p = predictions(200, 4)
    score, parts = fast_score(p.probabilities, p.truth, p.classes, {"macro_f1": 0.5, "worst_recall": 2.0})
    assert parts["macro_f1"] == pytest.approx(f1_score(p.truth, p.predicted, average="macro"))
    assert score == pytest.approx(0.5 * parts["macro_f1"] + 2.0 * parts["worst_recall"])


def test_losses_are_turned_round(predictions):
    p = predictions(200, 4)
    score, parts = fast_score(p.probabilities, p.truth, p.classes, {"log_loss": 1.0, "brier": 0.1})
    assert score == pytest.approx(-parts["log_loss"] - 0.1 * parts["brier"])


def test_what_is_not_defined_counts_as_the_worst():
    sure = np.array([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    score, parts = fast_score(sure, np.array([0, 0]), ("a", "b", "c"), {"recall[b]": 1.0, "accuracy": 0.5})
    assert np.isnan(parts["recall[b]"])
    assert score == 0.5
    nothing, _ = fast_score(sure, np.array([-1, -1]), ("a", "b", "c"), {"log_loss": 1.0})
    assert nothing == pytest.approx(np.log(np.finfo(float).eps))


def test_sets_and_levels_reach_it(predictions):
    p = predictions(100, 4)
    weights = {"macro_f1_rare": 1.0, "accuracy_half": 1.0}
    _, parts = fast_score(p.probabilities, p.truth, p.classes, weights, {"rare": ["d"]}, {"half": tuple("xxyy")})
    assert set(parts) == set(weights)
