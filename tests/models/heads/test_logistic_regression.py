"""Logistic regression on frozen features: against scikit-learn, and degenerate classes."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from evenhand.models.baseline import LOGISTIC_REGRESSION
from evenhand.models.config import ModelConfig
from evenhand.models.heads.modules.logistic_regression import LinearFit, fit_logistic_regression, inner_folds


def softmax(fit: LinearFit, x: np.ndarray) -> np.ndarray:
    z = x @ fit.weight.T + fit.bias
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def clusters(n: int, k: int, d: int = 12, apart: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(k)
    y = np.arange(n) % k
    return (rng.normal(size=(n, d)) + apart * rng.normal(size=(k, d))[y]).astype(np.float32), y


@pytest.mark.parametrize("k", [2, 4])
def test_it_is_scikit_learns_at_the_same_c(k: int) -> None:
    x, y = clusters(120, k)
    found = fit_logistic_regression(x, y, k)
    theirs = LogisticRegression(C=found.c, max_iter=1000, tol=1e-6).fit(x, y).predict_proba(x)
    assert np.abs(softmax(found, x) - theirs).mean() < 1e-3


def test_c_is_small_where_features_say_nothing_and_large_where_they_say_all() -> None:
    x, y = clusters(90, 3, apart=0.0)
    clear, z = clusters(90, 3, apart=1.0)
    assert fit_logistic_regression(x, y, 3).c <= 1e-2 < fit_logistic_regression(clear, z, 3).c


def test_c_is_chosen_on_whole_groups() -> None:
    groups = np.repeat([f"g{i}" for i in range(9)], 10).astype(object)
    x, y = clusters(90, 3)
    for fit, held in inner_folds(x, y, 3, groups):
        assert not set(groups[fit]) & set(groups[held])
    assert inner_folds(x, y, 3, np.full(90, "one", dtype=object)) == []


def test_a_class_without_rows_is_never_called() -> None:
    x, y = clusters(60, 3)
    found = softmax(fit_logistic_regression(x, np.where(y == 1, 0, y), 4), x)
    assert set(found.argmax(axis=1)) <= {0, 2}
    assert found[:, [1, 3]].max() < 0.05
    assert softmax(fit_logistic_regression(x, np.zeros(60, dtype=int), 2), x)[:, 0].min() > 0.9


def test_several_labels_are_fitted_one_by_one() -> None:
    x, y = clusters(90, 3, apart=3.0)
    labels = np.stack([y == 0, y < 2, np.ones(90), np.zeros(90)], axis=1).astype(float)
    labels[0] = np.nan
    found = fit_logistic_regression(x, labels, 4)
    said = x @ found.weight.T + found.bias > 0
    assert (said[1:, :2] == labels[1:, :2].astype(bool)).mean() > 0.9
    assert said[:, 2].all()
    assert not said[:, 3].any()


def test_shares_are_fitted_as_shares() -> None:
    x, shares = np.ones((60, 1), dtype=np.float32), np.full((60, 3), 0.3)
    shares[:, 1], shares[:30, 2] = np.where(np.arange(60) < 20, 0.9, 0.0), np.nan
    found = fit_logistic_regression(x, shares, 3)
    degrees = 1 / (1 + np.exp(-(x @ found.weight.T + found.bias)))
    assert degrees[0] == pytest.approx([0.3, 0.3, 0.3], abs=1e-3)  # a yes from 0.5 on would give 0, 1/3, 0
    weights = np.where(np.arange(60) < 20, 2.0, 1.0)
    heavier = fit_logistic_regression(x, shares, 3, weights=weights)
    degrees = 1 / (1 + np.exp(-(x @ heavier.weight.T + heavier.bias)))
    assert degrees[0, 1] == pytest.approx(np.average(shares[:, 1], weights=weights), abs=1e-3)


def test_shares_are_fitted_as_by_a_minimiser_of_their_cross_entropy() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(80, 3)).astype(np.float32)
    p = 1 / (1 + np.exp(-(x @ [1.0, -2.0, 0.5] + 0.3 * rng.normal(size=80))))
    found = fit_logistic_regression(x, p[:, None], 1)

    def loss(w: np.ndarray) -> float:
        z = x @ w[:3] + w[3]
        return float((np.logaddexp(0, z) - p * z).sum() + w[:3] @ w[:3] / (2 * found.c))

    best = minimize(loss, np.zeros(4)).x
    assert [*found.weight[0], found.bias[0]] == pytest.approx(best, abs=0.02)  # the solver stops early


def test_weights_of_rows_count() -> None:
    x = np.ones((40, 1), dtype=np.float32)
    y = np.arange(40) % 2
    found = softmax(fit_logistic_regression(x, y, 2, weights=np.where(y == 1, 3.0, 1.0)), x)
    assert found[:, 1] == pytest.approx(0.75, abs=0.01)


def test_it_is_solved_on_a_frozen_encoder_once() -> None:
    for bad in ({"tune": "all"}, {"tune": "head", "seeds": [0, 1]}):
        with pytest.raises(ValidationError, match="one seed"):
            ModelConfig.model_validate({"name": "a", "encoder": "small", "head": LOGISTIC_REGRESSION, **bad})
