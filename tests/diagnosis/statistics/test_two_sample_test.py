import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.diagnosis.statistics.two_sample_test import TwoSamples, group_folds, permuted_sides, two_sample_test


def parts(rng, n=200, groups=50, k=2):
    group = rng.integers(0, groups, n)
    group = np.unique(group, return_inverse=True)[1]
    stratum = rng.integers(0, k, group.max() + 1)[group]
    side = (rng.random(group.max() + 1) < 0.4)[group]
    return TwoSamples(side, group, stratum, np.eye(k)[stratum])


def test_groups_stay_whole_and_strata_keep_their_number_of_groups():
    rng = np.random.default_rng(0)
    made = parts(rng)
    for dealt in permuted_sides(made, 20, rng):
        for g in np.unique(made.group):
            assert len(set(dealt[made.group == g])) == 1
        for s in (0, 1):
            mine = made.stratum == s
            one = set(made.group[mine & made.side])
            assert len(one) == len(set(made.group[mine & dealt]))


def test_a_group_on_both_sides_is_dealt_as_two():
    side = np.array([True, False, True, False])
    made = TwoSamples(side, np.array([0, 0, 1, 2]), np.zeros(4, dtype=int), np.zeros((4, 0)))
    assert all(dealt.sum() == 2 for dealt in permuted_sides(made, 10, np.random.default_rng(0)))


def test_what_differs_in_one_direction_is_told_apart():
    rng = np.random.default_rng(1)
    made = parts(rng)
    apart = two_sample_test(rng.normal(size=(200, 5)) + made.side[:, None], made, draws=99)
    assert apart.auc.estimate > 0.8 > apart.chance
    assert apart.p == pytest.approx(0.01)
    assert apart.auc.groups == made.group.max() + 1
    assert apart.auc.how.startswith("linear")


def test_what_differs_from_class_to_class_is_told_apart_by_neighbours():
    rng = np.random.default_rng(2)
    made = parts(rng, n=400, groups=200, k=8)
    centres = rng.normal(size=(2, 8, 3)) * 3
    apart = two_sample_test(
        rng.normal(size=(400, 3)) + centres[made.side.astype(int), made.stratum], made, draws=99
    )
    assert apart.auc.how.startswith("neighbour")
    assert apart.auc.estimate > 0.8


def test_p_is_uniform_where_groups_differ_and_sides_do_not():
    """Series give every group a look of its own; only dealing whole groups knows that this is chance."""
    ps = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        made = parts(rng, n=120, groups=24)
        looks = rng.normal(size=(made.group.max() + 1, 4)) * 3
        ps.append(two_sample_test(looks[made.group] + rng.normal(size=(120, 4)), made, draws=39, seed=seed).p)
    assert np.mean(np.array(ps) <= 0.1) <= 0.2
    assert 0.35 < np.mean(ps) < 0.65


def test_it_is_the_same_twice():
    made, measures = parts(np.random.default_rng(3)), np.random.default_rng(4).normal(size=(200, 3))
    assert two_sample_test(measures, made, draws=19) == two_sample_test(measures, made, draws=19)


@settings(max_examples=30)
@given(st.lists(st.integers(1, 9), min_size=5, max_size=40), st.integers(2, 5))
def test_folds_hold_whole_groups_of_about_equal_size(sizes, k):
    group = np.repeat(np.arange(len(sizes)), sizes)
    fold = group_folds(group, k, np.random.default_rng(0))
    assert all(len(set(fold[group == g])) == 1 for g in range(len(sizes)))
    filled = np.bincount(fold, minlength=k)
    assert filled.max() - filled.min() <= max(sizes)
