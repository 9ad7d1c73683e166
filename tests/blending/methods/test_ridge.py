from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from evenhand.blending.core.normal_equations import moments_by_class
from evenhand.blending.inputs.align import align
from evenhand.blending.inputs.stack import stack_of
from evenhand.blending.methods.nnls import NonNegative
from evenhand.blending.methods.ridge import ClasswiseRidge, shrunk


@pytest.fixture
def stack(models):
    return stack_of(align(models((0.5, 2.5, 1.0))))


def test_much_shrinkage_gives_the_global_weights(stack):
    weights = ClasswiseRidge(strength=1e9).learn(stack, 0).class_weights
    assert weights == pytest.approx(np.tile(NonNegative().learn(stack, 0).weights, (3, 1)).T, abs=1e-5)


def test_weights_are_ridge_regressions_around_the_global_ones(stack):
    towards = NonNegative().learn(stack, 0).weights
    gram, moment, size = moments_by_class(stack).total()
    weights = shrunk(gram, moment, size, 5.0)
    for c in range(3):
        table = stack.array()[:, :, c]
        pull = 5.0 * np.trace(gram[c]) / (3 * size[c])
        away = Ridge(alpha=pull, fit_intercept=False).fit(table, (stack.truth == c) - table @ towards)
        assert weights[:, c] == pytest.approx(towards + away.coef_, abs=1e-6)


def test_a_model_that_knows_one_class_counts_for_that_class(stack):
    right = np.where((stack.truth == 2)[:, None], np.eye(3)[stack.truth], 1 / 3)
    weights = ClasswiseRidge().learn(replace(stack, tables=(right, stack.tables[0])), 0).class_weights
    part = weights[0] / weights.sum(axis=0)
    assert part[2] > part[0] + 0.1
