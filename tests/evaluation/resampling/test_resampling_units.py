import numpy as np
import pytest

from evenhand.evaluation.core.row_sums import RowSums
from evenhand.evaluation.resampling.resampling_units import Units, group_numbers, units_for


def features(n, pattern=None):
    return RowSums((n, 1), np.arange(n), np.zeros(n, dtype=int), pattern=pattern)


def test_every_replicate_draws_as_many_as_there_are():
    rng = np.random.default_rng(0)
    for units in (Units(np.arange(7), 7, 7), Units(np.arange(3), 3, 50, np.array([0.2, 0.3, 0.5]))):
        times = units.multiplicities(rng, 40)
        assert times.shape == (units.count, 40)
        assert (times.sum(axis=0) == units.draws).all()


def test_replicates_do_not_depend_on_the_size_of_a_batch():
    for units in (Units(np.arange(7), 7, 7), Units(np.arange(3), 3, 50, np.array([0.2, 0.3, 0.5]))):
        whole = units.multiplicities(np.random.default_rng(1), 9)
        rng = np.random.default_rng(1)
        parts = np.concatenate([units.multiplicities(rng, size) for size in (1, 3, 5)], axis=1)
        assert (whole == parts).all()


def test_groups_that_are_all_rows_are_no_groups():
    assert group_numbers(None, 3) is None
    assert group_numbers(["a", "b", "c"], 3) is None
    assert group_numbers(["b", "a", "b"], 3).tolist() == [1, 0, 1]


def test_rows_that_are_alike_are_drawn_by_kind():
    units = units_for(features(100, pattern=np.repeat([5, 9], [80, 20])), None)
    assert units.count == 2
    assert units.draws == 100
    assert units.probabilities == pytest.approx([0.8, 0.2])
    assert (units.of_row >= 0).sum() == 2
    few = units_for(features(10, pattern=np.arange(10)), None)
    assert few.probabilities is None
    assert few.count == 10


def test_kinds_are_numbered_by_first_appearance():
    one, two = (units_for(features(60, pattern=np.repeat(kinds, 20)), None) for kinds in ([0, 1, 2], [7, 3, 5]))
    assert (one.of_row == two.of_row).all()
    assert one.of_row[[0, 20, 40]].tolist() == [0, 1, 2]


def test_groups_are_drawn_whole():
    units = units_for(features(6, pattern=np.zeros(6, dtype=int)), np.array([0, 0, 1, 1, 2, 2]))
    assert (units.count, units.draws, units.probabilities) == (3, 3, None)
