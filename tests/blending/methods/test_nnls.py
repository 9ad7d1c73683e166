from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression

from evenhand.blending.core.crossfit import crossfit
from evenhand.blending.core.weighted_sums import shares
from evenhand.blending.inputs.align import align
from evenhand.blending.inputs.stack import stack_of
from evenhand.blending.methods.nnls import NonNegative, solve


def nnls_weights(aligned):
    return crossfit(NonNegative(), stack_of(aligned))


def scikit_learns(aligned, rows):
    stacked = np.stack([table[rows].ravel() for table in aligned.probabilities], axis=1)
    target = np.eye(aligned.first.k)[aligned.first.truth[rows]].ravel()
    return LinearRegression(positive=True, fit_intercept=False).fit(stacked, target).coef_


@pytest.mark.parametrize("skills", [(1.0, 2.0, 0.5), (3.0, 0.0, -1.0, 2.9), (1.0,)])
def test_weights_equal_scikit_learns(models, skills):
    aligned = align(models(skills))
    weights = nnls_weights(aligned)
    every = np.ones(len(aligned.first), dtype=bool)
    assert weights.overall.weights == pytest.approx(shares(scikit_learns(aligned, every)), abs=1e-6)
    for fold in range(5):
        theirs = shares(scikit_learns(aligned, aligned.first.fold != fold))
        assert weights.per_fold[fold].weights == pytest.approx(theirs, abs=1e-6)


@given(st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_the_solution_meets_the_optimality_conditions(m, seed):
    rng = np.random.default_rng(seed)
    table, target = rng.normal(size=(30, m)), rng.normal(size=30)
    weights = solve(table.T @ table, table.T @ target)
    slope = table.T @ (table @ weights - target)
    assert (weights >= 0).all()
    assert (slope >= -1e-8).all()
    assert abs(slope @ weights) < 1e-8


def test_a_models_twin_changes_no_prediction(models):
    one, two, three = models()
    alone = align([one, two, three])
    twins = align([one, two, three, replace(two, model="twin")])
    one, other = (nnls_weights(those).overall.apply(stack_of(those)) for those in (alone, twins))
    assert np.allclose(one, other, atol=1e-8)


def test_models_worth_nothing_count_the_same(models):
    wrong = [replace(p, probabilities=np.eye(3)[(p.truth + 1) % 3]) for p in models()]
    assert nnls_weights(align(wrong)).overall.weights.tolist() == [1 / 3] * 3
