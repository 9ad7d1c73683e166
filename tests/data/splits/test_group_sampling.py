import numpy as np
import pytest

from evenhand.data.splits.group_sampling import sample_groups, too_large
from evenhand.data.splits.locked_test import different_tests


def mixed(seed=0, g=120, k=4):
    rng = np.random.default_rng(seed)
    sizes = np.ceil(rng.pareto(1.2, g) + 0.01).clip(1, 40)
    counts = np.stack([rng.multinomial(int(size), rng.dirichlet(np.ones(k))) for size in sizes]).astype(float)
    return counts, counts.sum(axis=1)


def test_every_group_is_as_likely_whatever_its_size():
    sizes = np.repeat([60.0, 20.0, 5.0, 1.0], [10, 40, 100, 300])
    counts = sizes[:, None] * np.array([[0.6, 0.4]])

    drawn = sample_groups(counts, sizes, 0.2, np.random.default_rng(0), count=400)

    for size in (60, 20, 5, 1):
        assert drawn[:, sizes == size].mean() == pytest.approx(0.2, abs=0.02)
    # Not only on average: one group of a size is not another.
    assert drawn[:, sizes == 60].mean(axis=0).max() < 0.3


def test_one_large_group_is_not_in_every_test():
    """One of a tenth of all rows, mixed as the others are, was once in eight tests of ten."""
    rng = np.random.default_rng(1)
    sizes = np.append([100.0], rng.integers(1, 20, 90))
    counts = sizes[:, None] * rng.dirichlet(np.full(5, 50.0), len(sizes))

    drawn = sample_groups(counts, sizes, 0.3, np.random.default_rng(0), count=200)

    assert drawn[:, 0].mean() < 0.4
    assert len({row.tobytes() for row in drawn}) > 190


def test_each_draw_gets_its_share_of_every_class_and_of_the_rows():
    counts, rows = mixed()
    for fraction in (0.1, 0.2, 0.5, 0.8):
        drawn = sample_groups(counts, rows, fraction, np.random.default_rng(0), count=50).astype(float)
        off = np.abs(drawn @ counts / counts.sum(axis=0) - fraction)
        assert np.quantile(off, 0.99) < 0.09
        assert off.max() < 0.13
        assert np.abs(drawn @ rows / rows.sum() - fraction).max() < 0.05


def world(groups, classes, spread, seed):
    """Return (g, k) rows of groups of very different sizes and mixes; rare classes live in few of them."""
    rng = np.random.default_rng([groups, classes, seed])
    sizes = np.maximum(1, rng.lognormal(np.log(60), 0.6, groups)).astype(int)
    share = np.geomspace(1, 0.05, classes) / np.geomspace(1, 0.05, classes).sum()
    mixes = rng.dirichlet(share * classes * spread, groups)
    counts = np.stack([rng.multinomial(size, mix) for size, mix in zip(sizes, mixes, strict=True)]).astype(float)
    return counts[:, counts.sum(axis=0) > 0]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("groups", "classes", "spread"),
    [(5, 3, 20), (6, 3, 5), (8, 4, 5), (12, 3, 20), (20, 8, 2), (30, 20, 1), (50, 30, 1), (100, 40, 0.5),
     (300, 20, 0.5)],
)  # fmt: skip
def test_a_drawn_test_is_one_of_many_about_equally_likely(groups, classes, spread, seed):
    """With many classes or few groups, most groups were once kept out for good, and two tests were the same."""
    counts = world(groups, classes, spread, seed)
    rows = counts.sum(axis=1)
    drawn = sample_groups(counts, rows, 0.2, np.random.default_rng(seed), count=600)
    often = drawn.mean(axis=0)
    one, other = drawn[:300], drawn[300:]
    shared = ((one & other) @ rows / (one @ rows)).mean()
    size = drawn @ rows / rows.sum()

    assert rows[often == 0].sum() <= max(0.15 * rows.sum(), rows.max())
    assert (often < 0.75).all()
    assert shared < 0.4
    assert size.mean() == pytest.approx(0.2, abs=0.07 if groups > 6 else 0.09)
    assert size.std() < 0.11
    assert different_tests(drawn) >= {5: 5, 6: 6, 8: 15}.get(groups, 60)
    spread_out = (counts / counts.sum(axis=0)).max(axis=0) <= 0.5
    share = (drawn.astype(float) @ counts / counts.sum(axis=0)).mean(axis=0)
    assert share[spread_out].min() > 0.1


def test_no_group_holds_most_of_a_class_where_others_can_give_its_share():
    """A class of 100 rows has 16 in one group; of the fifth that is wanted these would be most."""
    counts = np.zeros((80, 2))
    counts[:40, 0] = 10
    counts[40, 1] = 16
    counts[41:, 1] = 84 / 39

    drawn = sample_groups(counts, counts.sum(axis=1), 0.2, np.random.default_rng(0), count=100)

    held = drawn[:, :, None] * counts
    assert not drawn[:, 40].any()
    assert (held.max(axis=1) <= held.sum(axis=1) / 2).all()
    assert held[:, :, 1].sum(axis=1) == pytest.approx(np.full(100, 20), abs=6)


def test_a_group_with_most_of_a_class_stays_out_even_if_the_rest_is_less_than_its_share():
    shares = np.array([[0.9, 0.1]] + [[0.02, 0.18]] * 5)
    assert too_large(shares, np.array([10, *[18.0] * 5]), 0.2).tolist() == [True] + [False] * 5


def test_a_group_with_more_than_twice_the_rows_of_a_test_stays_out():
    rows = np.array([60.0, 10, 10, 10, 10])
    assert too_large(rows[:, None] / 100, rows, 0.2).tolist() == [True, False, False, False, False]


def test_where_all_groups_are_large_none_stays_out():
    assert not too_large(np.full((3, 1), 1 / 3), np.ones(3), 0.2).any()
    assert not too_large(np.full((4, 2), 0.25), np.ones(4), 0.2).any()


def test_what_stays_out_grows_with_the_groups_that_are_large_without_a_jump():
    """Ten classes, each mostly in a group of its own: a part of the groups stays out, neither all nor none."""
    shares = np.full((20, 20), 0.4 / 19) + np.eye(20) * (0.6 - 0.4 / 19)
    out = too_large(shares, np.ones(20), 0.2)
    assert out.sum() == 3


def test_groups_that_are_equal_are_each_as_likely():
    drawn = sample_groups(np.ones((10, 1)), np.ones(10), 0.3, np.random.default_rng(0), count=2000)
    assert (drawn.sum(axis=1) == 3).all()
    assert drawn.mean(axis=0) == pytest.approx(np.full(10, 0.3), abs=0.04)


def test_at_least_one_group_is_drawn():
    assert sample_groups(np.ones((3, 1)), np.ones(3), 0.01, np.random.default_rng(0), count=20).any(axis=1).all()


def test_many_draws_are_draws_of_the_same_kind():
    """Drawn one by one or many at once: groups have the same chance."""
    counts, rows = mixed(g=20, k=2)
    alone = [sample_groups(counts, rows, 0.3, np.random.default_rng([1, i]))[0] for i in range(100)]
    many = sample_groups(counts, rows, 0.3, np.random.default_rng(2), count=1000)
    assert np.abs(np.mean(alone, axis=0) - many.mean(axis=0)).max() < 0.2
