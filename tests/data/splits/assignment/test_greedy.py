import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evenhand.data.splits.assignment.greedy import assign_greedily, water_fill

SCORES = st.lists(st.integers(-20, 20), min_size=2, max_size=6)


@given(SCORES, st.integers(1, 7), st.integers(1, 40))
def test_equal_groups_at_once_as_one_after_the_other(scores, step, copies):
    score = np.array(scores, dtype=float)

    amounts = water_fill(score, float(step), copies)

    each = score.copy()
    for _ in range(copies):
        each[each.argmin()] += step
    assert amounts.sum() == copies
    assert (amounts >= 0).all()
    assert np.sort(score + amounts * step).tolist() == np.sort(each).tolist()


def test_what_comes_first_is_assigned_first_and_the_rest_evens_out():
    vectors = np.array([[0.5], [0.25], [0.25]])

    fold = assign_greedily(vectors, np.array([0, 1, 2]), np.array([0.5, 0.5]))

    assert fold[0] != fold[1] == fold[2]


def test_unequal_shares_are_aimed_at():
    vectors = np.full((10, 1), 0.1)

    fold = assign_greedily(vectors, np.arange(10), np.array([0.2, 0.8]))

    assert np.bincount(fold).tolist() == [2, 8]


@given(st.integers(0, 10_000), st.integers(2, 5), st.integers(1, 60))
def test_every_group_is_assigned(seed, f, g):
    rng = np.random.default_rng(seed)
    vectors = rng.integers(0, 3, (g, 3)) + 0.01

    fold = assign_greedily(vectors / vectors.sum(axis=0), rng.permutation(g), np.full(f, 1 / f))

    assert fold.shape == (g,)
    assert set(fold.tolist()) <= set(range(f))
