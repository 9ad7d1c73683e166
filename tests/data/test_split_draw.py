import numpy as np
import pytest

from evenhand.data.split_draw import draw_groups, too_large


def mixed(seed=0, g=120, k=4):
    rng = np.random.default_rng(seed)
    sizes = np.ceil(rng.pareto(1.2, g) + 0.01).clip(1, 40)
    counts = np.stack([rng.multinomial(int(size), rng.dirichlet(np.ones(k))) for size in sizes]).astype(float)
    return counts, counts.sum(axis=1)


def test_every_group_is_as_likely_whatever_its_size():
    sizes = np.repeat([60.0, 20.0, 5.0, 1.0], [10, 40, 100, 300])
    counts = sizes[:, None] * np.array([[0.6, 0.4]])

    drawn = draw_groups(counts, sizes, 0.2, np.random.default_rng(0), draws=400)

    for size in (60, 20, 5, 1):
        assert drawn[:, sizes == size].mean() == pytest.approx(0.2, abs=0.02)
    # Not only on average: one group of a size is not another.
    assert drawn[:, sizes == 60].mean(axis=0).max() < 0.3


def test_one_large_group_is_not_in_every_test():
    """One of a tenth of all rows, mixed as the others are, was once in eight tests of ten."""
    rng = np.random.default_rng(1)
    sizes = np.append([100.0], rng.integers(1, 20, 90))
    counts = sizes[:, None] * rng.dirichlet(np.full(5, 50.0), len(sizes))

    drawn = draw_groups(counts, sizes, 0.3, np.random.default_rng(0), draws=200)

    assert drawn[:, 0].mean() < 0.4
    assert len({row.tobytes() for row in drawn}) > 190


def test_each_draw_gets_its_share_of_every_class_and_of_the_rows():
    counts, rows = mixed()
    for fraction in (0.1, 0.2, 0.5, 0.8):
        drawn = draw_groups(counts, rows, fraction, np.random.default_rng(0), draws=50).astype(float)
        assert np.abs(drawn @ counts / counts.sum(axis=0) - fraction).max() < 0.08
        assert drawn @ rows / rows.sum() == pytest.approx(np.full(50, fraction), abs=0.03)


def test_no_group_holds_most_of_a_class_where_others_can_give_its_share():
    """A class of 100 rows has 16 in one group; of the fifth that is wanted these would be most."""
    counts = np.zeros((60, 2))
    counts[:40, 0] = 10
    counts[40, 1] = 16
    counts[41:, 1] = 84 / 19

    drawn = draw_groups(counts, counts.sum(axis=1), 0.2, np.random.default_rng(0), draws=100)

    held = drawn[:, :, None] * counts
    assert not drawn[:, 40].any()
    assert (held.max(axis=1) <= held.sum(axis=1) / 2).all()
    assert held[:, :, 1].sum(axis=1) == pytest.approx(np.full(100, 20), abs=5)


def test_a_group_with_most_of_a_class_stays_out_even_if_the_rest_is_less_than_its_share():
    assert too_large(np.array([[0.9], [0.1]]), 0.2).tolist() == [True, False]


def test_where_all_groups_are_large_none_stays_out():
    assert not too_large(np.full((3, 1), 1 / 3), 0.2).any()
    assert not too_large(np.full((4, 2), 0.25), 0.2).any()


def test_groups_that_are_equal_are_each_as_likely():
    drawn = draw_groups(np.ones((10, 1)), np.ones(10), 0.3, np.random.default_rng(0), draws=2000)
    assert (drawn.sum(axis=1) == 3).all()
    assert drawn.mean(axis=0) == pytest.approx(np.full(10, 0.3), abs=0.04)


def test_at_least_one_group_is_drawn():
    assert draw_groups(np.ones((3, 1)), np.ones(3), 0.01, np.random.default_rng(0), draws=20).any(axis=1).all()


def test_many_draws_are_draws_of_the_same_kind():
    """Drawn one by one or many at once: groups have the same chance."""
    counts, rows = mixed(g=20, k=2)
    alone = [draw_groups(counts, rows, 0.3, np.random.default_rng([1, i]))[0] for i in range(100)]
    many = draw_groups(counts, rows, 0.3, np.random.default_rng(2), draws=1000)
    assert np.abs(np.mean(alone, axis=0) - many.mean(axis=0)).max() < 0.2
