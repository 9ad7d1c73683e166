from dataclasses import replace

import numpy as np
import pytest

from evenhand.blending.core.normal_equations import moments, moments_by_class
from evenhand.blending.inputs.align import align
from evenhand.blending.inputs.stack import stack_of


def test_sums_do_not_depend_on_memory_or_form(models):
    stack = stack_of(align(models()))
    found, small = moments(stack), moments(stack, budget_bytes=1000)
    assert np.allclose(found.gram, small.gram)
    assert np.allclose(found.moment, small.moment)
    labels = moments(replace(stack, truth=np.eye(3)[stack.truth]))
    assert np.allclose(found.moment, labels.moment)
    assert np.allclose(found.size, labels.size)
    halves = moments(replace(stack, tables=tuple(t.astype(np.float32) for t in stack.tables)))
    assert np.allclose(found.gram, halves.gram, rtol=1e-5)


def test_sums_are_those_of_the_rows(models):
    stack = stack_of(align(models(folds=3)))
    found = moments(stack)
    for position, fold in enumerate(found.folds):
        flat = stack.without(fold).array().transpose(0, 2, 1).reshape(-1, 3)
        target = np.eye(3)[stack.truth[stack.fold != fold]].ravel()
        gram, moment, size = found.without(position)
        assert np.allclose(gram, flat.T @ flat)
        assert np.allclose(moment, flat.T @ target)
        assert size == pytest.approx(len(flat) / 3)


def test_sums_by_class_add_up_to_those_over_classes(models):
    stack = stack_of(align(models()))
    whole, by_class = moments(stack), moments_by_class(stack)
    for name in ("gram", "moment", "size"):
        assert np.allclose(getattr(by_class, name).sum(axis=1), getattr(whole, name))
