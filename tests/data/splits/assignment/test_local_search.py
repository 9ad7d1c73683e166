import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.data.splits.assignment.counts import share_deviation
from evenhand.data.splits.assignment.local_search import FoldPlan, improve


def random_plan(seed: int, f: int = 3, g: int = 20) -> tuple[np.ndarray, FoldPlan]:
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 5, (g, 4)) + 0.5
    fold = rng.permutation(np.arange(g) % f)
    return counts, FoldPlan(counts / counts.sum(axis=0), fold, np.full(f, 1 / f))


@given(st.integers(0, 10_000), st.sampled_from([0, 2]))
@settings(max_examples=50)
def test_mending_lessens_what_it_is_told_to_and_keeps_its_books(seed, doublings):
    counts, plan = random_plan(seed)
    before = (plan.away ** (2 ** (1 + doublings))).sum()

    improve(plan, np.random.default_rng(0), doublings=doublings)

    assert (plan.away ** (2 ** (1 + doublings))).sum() <= before * (1 + 1e-9)
    assert np.allclose(plan.away, share_deviation(counts, plan.fold, np.full(3, 1 / 3)))
    assert plan.sizes.tolist() == np.bincount(plan.fold, minlength=3).tolist()
    assert plan.sizes.min() > 0


def test_one_swap_is_found():
    vectors = np.array([[0.5, 0.0], [0.5, 0.0], [0.0, 0.5], [0.0, 0.5]])
    plan = FoldPlan(vectors, np.array([0, 0, 1, 1]), np.array([0.5, 0.5]))

    improve(plan, np.random.default_rng(0), doublings=0)

    assert np.abs(plan.away).max() == 0


def test_one_move_is_found():
    plan = FoldPlan(np.full((4, 1), 0.25), np.array([0, 0, 0, 1]), np.array([0.5, 0.5]))

    improve(plan, np.random.default_rng(0), doublings=2)

    assert plan.sizes.tolist() == [2, 2]


def test_a_move_never_empties_a_fold():
    vectors = np.array([[0.9], [0.05], [0.05]])
    plan = FoldPlan(vectors, np.array([0, 1, 2]), np.full(3, 1 / 3))

    improve(plan, np.random.default_rng(0), doublings=0)

    assert plan.sizes.tolist() == [1, 1, 1]


def test_empty_folds_get_the_lightest_groups():
    plan = FoldPlan(np.array([[0.7], [0.1], [0.2]]), np.array([0, 0, 0]), np.full(3, 1 / 3))

    plan.fill_empty()

    assert plan.fold.tolist() == [0, 1, 2]
    assert plan.away.ravel().tolist() == pytest.approx([0.7 - 1 / 3, 0.1 - 1 / 3, 0.2 - 1 / 3])


def test_folds_handed_in_are_not_changed():
    fold = np.array([0, 0, 0, 1])

    improve(FoldPlan(np.full((4, 1), 0.25), fold, np.array([0.5, 0.5])), np.random.default_rng(0), doublings=0)

    assert fold.tolist() == [0, 0, 0, 1]
