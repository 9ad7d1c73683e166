import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, recall_score

from evenhand.training.scoring import scorer_of, shares


@given(st.integers(0, 200), st.integers(1, 40), st.integers(2, 6))
def test_recall_agrees_with_scikit_learn(seed: int, n: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    truth, p = rng.integers(0, k, n), rng.dirichlet(np.ones(k), n)
    recall, predicted = shares(p, truth)
    theirs = recall_score(truth, p.argmax(1), labels=np.arange(k), average=None, zero_division=np.nan)
    assert recall == pytest.approx(theirs, nan_ok=True)
    assert sum(predicted) == pytest.approx(1.0)


def test_several_labels_are_called_at_one_half() -> None:
    truth = np.array([[1.0, 0.0], [1.0, 0.0]])
    recall, predicted = shares(np.array([[0.5, 0.6], [0.4, 0.1]]), truth)
    assert recall == pytest.approx((0.5, np.nan), nan_ok=True)
    assert predicted == (0.5, 0.5)


def test_the_score_is_the_one_that_is_configured() -> None:
    rng = np.random.default_rng(0)
    truth, p = rng.integers(0, 3, 50), rng.dirichlet(np.ones(3), 50)
    score = scorer_of(truth, ["a", "b", "c"], {"macro_f1": 0.5, "accuracy": 0.5})(p)
    expected = f1_score(truth, p.argmax(1), average="macro"), (p.argmax(1) == truth).mean()
    assert score.value == pytest.approx(np.mean(expected))
    assert [score.parts[name] for name in ("macro_f1", "accuracy")] == pytest.approx(expected)


def test_no_rows_cannot_be_scored() -> None:
    score = scorer_of(np.zeros(0, dtype=np.int64), ["a", "b"], {"accuracy": 1.0})(np.zeros((0, 2)))
    assert np.isnan(score.value)
