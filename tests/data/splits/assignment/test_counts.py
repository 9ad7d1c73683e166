import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.data.splits.assignment.counts import (
    count_labels,
    lower_bound,
    share_deviation,
    shares_by_fold,
    sum_by_group,
    wholly_inside,
)

COUNTS = np.array([[3.0, 0.0], [1.0, 2.0], [0.0, 2.0]])


def test_rows_without_a_label_are_not_counted():
    counts = count_labels(np.array([0, -1, 1]), np.array([0, 0, 1]), k=2)

    assert counts.tolist() == [[1, 0], [0, 1]]


def test_sums_by_group_agree_with_counts():
    rng = np.random.default_rng(0)
    group = rng.permutation(np.repeat(np.arange(7), 5))
    labels = rng.integers(0, 3, 35)

    assert (sum_by_group(np.eye(3)[labels], group) == count_labels(labels, group, 3)).all()


def test_sums_of_nothing_have_no_groups():
    assert sum_by_group(np.zeros((0, 3)), np.zeros(0, dtype=np.int64)).shape == (0, 3)


def test_shares_of_a_class_sum_to_one_and_an_empty_class_has_none():
    counts = np.column_stack([COUNTS, np.zeros(3)])

    shares = shares_by_fold(counts, np.array([0, 1, 1]), 2)

    assert shares.sum(axis=0).tolist() == [1, 1, 0]
    assert shares[0].tolist() == [0.75, 0, 0]
    assert share_deviation(counts, np.array([0, 1, 1]), np.array([0.5, 0.5]))[:, 2].tolist() == [0, 0]


def test_a_class_of_one_group_is_not_called_avoidable():
    counts = np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 0.0]])

    assert wholly_inside(counts, np.array([0, 0, 1]), 2).tolist() == [[True, False], [False, False]]


@pytest.mark.parametrize(
    ("sizes", "f", "bound"),
    [
        ([1, 1, 1, 1], 2, 0),
        ([1, 1, 1], 2, 1 / 6),  # two rows against one
        ([4], 3, 2 / 3),  # one group: its fold has everything
        ([2, 2, 2], 2, 1 / 6),  # two of three in one fold
        ([5, 5], 3, 1 / 3),  # fewer groups than folds: one fold has nothing
    ],
)
def test_the_bound_is_what_one_class_comes_to_at_best(sizes, f, bound):
    assert lower_bound(np.array(sizes, dtype=float)[:, None], f) == pytest.approx(bound)


def test_no_class_no_bound():
    assert lower_bound(np.zeros((4, 2)), 2) == 0


@given(st.lists(st.lists(st.integers(0, 4), min_size=2, max_size=2), min_size=2, max_size=6), st.integers(2, 3))
def test_no_plan_undercuts_the_bound(rows, f):
    counts = np.array(rows, dtype=float)
    shares = np.full(f, 1 / f)
    plans = itertools.product(range(f), repeat=len(counts))

    best = min(np.abs(share_deviation(counts, np.array(plan), shares)).max() for plan in plans)

    assert best >= lower_bound(counts, f) - 1e-9


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=6), st.integers(2, 3))
def test_no_plan_undercuts_the_bound_of_soft_labels(sizes, f):
    counts = np.array(sizes)[:, None]
    shares = np.full(f, 1 / f)
    plans = itertools.product(range(f), repeat=len(counts))

    best = min(np.abs(share_deviation(counts, np.array(plan), shares)).max() for plan in plans)

    assert best >= lower_bound(counts, f) - 1e-9
