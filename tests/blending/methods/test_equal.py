import numpy as np
import pytest

from evenhand.blending.core.crossfit import crossfit
from evenhand.blending.inputs.align import align
from evenhand.blending.inputs.stack import stack_of
from evenhand.blending.methods.equal import EqualWeights


def test_every_model_counts_the_same_in_every_fold(models):
    stack = stack_of(align(models(folds=4)))
    fitted = crossfit(EqualWeights(), stack)
    assert fitted.overall.document() == {"weights": [1 / 3] * 3}
    assert sorted(fitted.per_fold) == [0, 1, 2, 3]
    assert np.allclose(fitted.out_of_fold(stack), stack.array().mean(axis=1))


def test_logarithms_give_the_geometric_mean(models):
    stack = stack_of(align(models()))
    geometric = np.exp(np.log(stack.array()).mean(axis=1))
    geometric /= geometric.sum(axis=1, keepdims=True)
    assert EqualWeights(space="log").learn(stack, 0).apply(stack) == pytest.approx(geometric)
