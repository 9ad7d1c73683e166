import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.data.splits.assignment.assign_groups import assign_groups
from evenhand.data.splits.assignment.counts import share_deviation, wholly_inside


def even(f: int) -> np.ndarray:
    return np.full(f, 1 / f)


def random_counts(seed: int, g: int, k: int) -> np.ndarray:
    """Skewed classes in groups of uneven size; some classes live in one group, some groups hold none."""
    rng = np.random.default_rng(seed)
    sizes = np.ceil(rng.pareto(1.3, g) + 0.1)
    odds = rng.dirichlet(0.5 ** np.arange(k) + 0.02, g)
    return rng.poisson(sizes[:, None] * odds).astype(float)


def solve(counts: np.ndarray, f: int, seed: int = 0) -> np.ndarray:
    return assign_groups(counts, counts.sum(axis=1) + 1, f, np.random.default_rng(seed)).fold


@given(st.integers(0, 100_000), st.integers(2, 6), st.integers(6, 40), st.integers(1, 12))
@settings(max_examples=25, deadline=None)
def test_no_fold_is_empty_and_what_is_said_is_true(seed, f, g, k):
    counts = random_counts(seed, g, k)

    found = assign_groups(counts, counts.sum(axis=1) + 1, f, np.random.default_rng(0))

    assert np.bincount(found.fold, minlength=f).min() > 0
    assert found.lacking == wholly_inside(counts, found.fold, f).sum()
    assert found.worst == pytest.approx(np.abs(share_deviation(counts, found.fold, even(f))).max(initial=0))


@given(st.integers(0, 100_000), st.integers(2, 3), st.integers(3, 7), st.integers(1, 4))
@settings(max_examples=15, deadline=None)
def test_small_ones_come_close_to_the_best_of_all_plans(seed, f, g, k):
    counts = random_counts(seed, g, k)
    plans = [np.array(plan) for plan in itertools.product(range(f), repeat=g) if len(set(plan)) == f]
    lacking = np.array([wholly_inside(counts, plan, f).sum() for plan in plans])
    worst = np.array([np.abs(share_deviation(counts, plan, even(f))).max(initial=0) for plan in plans])

    found = assign_groups(counts, counts.sum(axis=1) + 1, f, np.random.default_rng(0))

    assert found.lacking == lacking.min()
    assert found.worst <= worst[lacking == lacking.min()].min() + 0.1


@given(st.integers(0, 100_000), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_the_numbering_of_classes_does_not_matter(seed, random):
    counts = random_counts(seed, 25, 6)
    order = list(range(6))
    random.shuffle(order)

    assert (solve(counts, 3) == solve(counts[:, order], 3)).all()


def test_same_seed_same_folds_other_seed_other_folds():
    counts = random_counts(1, 60, 5)

    assert (solve(counts, 4, seed=7) == solve(counts, 4, seed=7)).all()
    assert (solve(counts, 4, seed=7) != solve(counts, 4, seed=8)).any()


def test_rows_alone_are_assigned_evenly_where_there_is_no_class():
    found = assign_groups(np.zeros((9, 2)), np.full(9, 5.0), 3, np.random.default_rng(0))

    assert np.bincount(found.fold).tolist() == [3, 3, 3]
    assert found.worst == 0


def test_as_many_folds_as_groups():
    assert sorted(solve(random_counts(3, 5, 3), 5)) == [0, 1, 2, 3, 4]


def test_single_rows_are_split_to_the_row():
    labels = np.repeat([0, 1, 2], [50, 25, 10])

    fold = solve(np.eye(3)[labels], 5)

    assert [np.bincount(fold[labels == c]).tolist() for c in range(3)] == [[10] * 5, [5] * 5, [2] * 5]


def test_a_heavy_group_is_not_made_heavier():
    counts = np.array([[100.0, 0.0]] + [[1.0, 1.0]] * 20)

    fold = solve(counts, 3)

    assert np.bincount(fold)[fold[0]] == 1
    assert sorted(np.bincount(fold)) == [1, 10, 10]
