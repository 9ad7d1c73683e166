import numpy as np
import pytest
from sklearn.metrics import f1_score

from evenhand.training.monitor.scorer import scorer_of


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
