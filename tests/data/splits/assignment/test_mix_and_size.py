import warnings

import numpy as np
import pytest
from sklearn.model_selection import StratifiedGroupKFold

from evenhand.data.splits.assignment.counts import count_labels, share_deviation
from evenhand.data.splits.assignment.greedy import assign_by_spread
from evenhand.data.splits.assignment.mix_and_size import improve_mix_and_size, mix_deviation
from evenhand.data.splits.sklearn_splitter import GroupedStratifiedKFold


def drawn(seed):
    """Return labels, groups and a number of folds; groups are mixed, or of one class each."""
    rng = np.random.default_rng([417, seed])
    n, k, f = int(rng.integers(150, 700)), int(rng.integers(2, 8)), int(rng.integers(3, 8))
    group = np.unique(rng.choice(n // 4, n, p=rng.dirichlet(np.full(n // 4, 0.7))), return_inverse=True)[1]
    odds = rng.dirichlet(np.ones(k))
    y = rng.choice(k, group.max() + 1, p=odds)[group] if seed % 2 else rng.choice(k, n, p=odds)
    return np.unique(y, return_inverse=True)[1], group, f


def measured(splitter, y, group):
    fold = np.empty(len(y), dtype=int)
    for b, (_, test) in enumerate(splitter.split(np.zeros(len(y)), y, group)):
        fold[test] = b
    f = splitter.get_n_splits()
    counts = count_labels(y, np.arange(len(y)), int(y.max()) + 1)
    worst = np.abs(share_deviation(counts, fold, np.full(f, 1 / f))).max()
    return np.array([worst, mix_deviation(counts, np.ones(len(y)), fold, f), np.bincount(fold).max() / len(y)])


@pytest.mark.parametrize("shuffled", [{}, {"shuffle": True, "random_state": 3}])
@pytest.mark.parametrize("seed", range(6))
def test_folds_are_no_worse_than_those_of_scikit_learn_in_shares_mix_and_size(seed, shuffled):
    y, group, f = drawn(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours = measured(GroupedStratifiedKFold(f, **shuffled), y, group)
        theirs = measured(StratifiedGroupKFold(f, **shuffled), y, group)
    assert (ours <= theirs + 1e-9).all()


def test_assignment_by_spread_is_what_scikit_learn_does():
    y, group, f = drawn(2)
    fold = assign_by_spread(count_labels(y, group, int(y.max()) + 1), np.arange(group.max() + 1), f)[group]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = StratifiedGroupKFold(f).split(y, y, group)
        assert all((np.flatnonzero(fold == b) == test).all() for b, (_, test) in enumerate(theirs))


def test_ties_are_broken_without_harm_to_shares():
    """Four groups of one class and four of another: both plans deviate by as much, one mixes its folds."""
    counts = np.array([[6, 0], [2, 0], [2, 0], [2, 0], [0, 2], [0, 2], [0, 2], [0, 6]], dtype=float)
    fold, shares = np.array([0, 1, 1, 1, 0, 0, 0, 1]), np.full(2, 0.5)
    uneven = np.array([0, 1, 1, 1, 1, 1, 0, 0])

    for start in (fold, uneven):
        ended = improve_mix_and_size(counts, counts.sum(axis=1), start, shares, np.random.default_rng(0))
        before, after = (np.abs(share_deviation(counts, each, shares)).max() for each in (start, ended))
        assert after <= before + 1e-9
        assert mix_deviation(counts, counts.sum(axis=1), ended, 2) == pytest.approx(0)
        assert np.bincount(ended, counts.sum(axis=1)).tolist() == [12, 12]


def test_the_mix_is_the_worst_share_within_a_fold():
    assert mix_deviation(np.array([[3.0, 1.0], [1.0, 3.0]]), np.full(2, 4.0), np.array([0, 1]), 2) == 0.25
