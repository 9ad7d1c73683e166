import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.data.splits.assignment.class_coverage import cover_classes
from evenhand.data.splits.assignment.counts import wholly_inside


def fewest_possible(counts: np.ndarray, f: int) -> int:
    plans = (np.array(plan) for plan in itertools.product(range(f), repeat=len(counts)))
    return min(int(wholly_inside(counts, plan, f).sum()) for plan in plans)


def test_folds_that_cover_come_back_as_they_are():
    fold = np.array([0, 1, 0])

    assert cover_classes(np.ones((3, 1)), fold, 2, np.random.default_rng(0)) is fold


def test_a_class_in_one_fold_is_spread():
    counts = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])

    found = cover_classes(counts, np.array([0, 0, 1, 1]), 2, np.random.default_rng(0))

    assert not wholly_inside(counts, found, 2).any()


def test_what_cannot_be_covered_is_left_with_the_fewest():
    triangle = np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 1.0]])  # two colours cannot part three pairs

    found = cover_classes(triangle, np.array([0, 0, 0]), 2, np.random.default_rng(0))

    assert wholly_inside(triangle, found, 2).sum() == 1


@given(st.integers(0, 100_000), st.integers(2, 3), st.integers(3, 7), st.integers(1, 9))
@settings(max_examples=15, deadline=None)
def test_as_few_classes_lie_in_one_fold_as_can_be(seed, f, g, k):
    rng = np.random.default_rng(seed)
    counts = np.zeros((g, k))
    for c in range(k):
        counts[rng.choice(g, rng.integers(2, 4), replace=False), c] = 1
    start = rng.permutation(np.arange(g) % f)

    found = cover_classes(counts, start, f, np.random.default_rng(0))

    assert wholly_inside(counts, found, f).sum() == fewest_possible(counts, f)
    assert np.bincount(found, minlength=f).min() > 0
