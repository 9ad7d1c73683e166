import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.base.errors import FoldsError
from evenhand.base.values import Samples
from evenhand.data.splits.locked_test import rows_of_groups, rows_with, sample_tests


def samples(**columns: object) -> Samples:
    n = len(next(iter(columns.values())))
    frame = pd.DataFrame({"id": [f"r{i}" for i in range(n)], "path": "x", **columns})
    return Samples(frame, ("a",), np.zeros(n, dtype=np.int64))


def test_rows_with_a_value_are_locked():
    assert rows_with(samples(split=["train", "test", None]), "split", "test").tolist() == [False, True, False]


@pytest.mark.parametrize("values", [[1, 2, 1], [1.0, 2.0, None], ["1", "2", "1"]])
def test_numbers_are_compared_as_they_are_written(values):
    assert rows_with(samples(round=values), "round", "2").tolist() == [False, True, False]


def test_a_column_that_is_not_there_gets_its_nearest():
    with pytest.raises(FoldsError, match=r'no column "splt"; there are: id, path, split. Did you mean "split"\?'):
        rows_with(samples(split=["a", "b"]), "splt", "a")


def test_a_value_that_is_not_there_gets_what_is():
    with pytest.raises(
        FoldsError,
        match=r'no row has "tset" in the column "split"; found there: "test", "train". Did you mean "test"\?',
    ):
        rows_with(samples(split=["train", "test"]), "split", "tset")


def test_many_values_are_not_all_shown():
    with pytest.raises(FoldsError, match='"v07" and 12 more'):
        rows_with(samples(split=[f"v{i:02d}" for i in range(20)]), "split", "nothing alike")


def test_a_value_of_every_row_leaves_nothing():
    with pytest.raises(FoldsError, match="none is left for training"):
        rows_with(samples(split=["test", "test"]), "split", "test")


def test_named_groups_are_locked_with_what_is_joined_to_them():
    given = samples(group=["a", "b", "c", "d"])

    assert rows_of_groups(given, np.array([0, 0, 1, 2]), ["b"]).tolist() == [True, True, False, False]


def test_without_groups_ids_can_be_named():
    assert rows_of_groups(samples(x=[1, 2]), np.array([0, 1]), ["r1"]).tolist() == [False, True]


def test_unknown_groups_are_named():
    with pytest.raises(FoldsError, match=r'1 of 2 names are not groups of the samples: "bb". Did you mean "b"'):
        rows_of_groups(samples(group=["a", "b"]), np.array([0, 1]), ["a", "bb"])
    with pytest.raises(FoldsError, match=r"not ids \(the samples have no groups\)"):
        rows_of_groups(samples(x=[1, 2]), np.array([0, 1]), ["zz"])
    with pytest.raises(FoldsError, match="hold every row"):
        rows_of_groups(samples(group=["a", "b"]), np.array([0, 1]), ["a", "b"])


def test_a_fraction_is_drawn_of_every_class():
    counts = np.eye(3)[np.repeat([0, 1, 2], [100, 50, 20])]

    locked = sample_tests(counts, np.ones(170), 0.2, 5, np.random.default_rng(0), 1)[0]

    assert counts[locked].sum(axis=0).tolist() == [20, 10, 4]


def test_large_groups_are_drawn_as_often_as_small_ones():
    """Sampled beside all the rest, the locked part once got small groups only, which were up to 0.13 easier."""
    sizes = np.repeat([100.0, 10.0, 2.0], [20, 100, 200])
    counts = sizes[:, None] * np.array([[0.7, 0.3]])

    locked = sample_tests(counts, sizes, 0.2, 5, np.random.default_rng(0), 1)[0]

    assert sizes[locked].sum() == pytest.approx(0.2 * sizes.sum(), rel=0.01)
    assert [int((sizes[locked] == size).sum()) for size in (100, 10, 2)] == pytest.approx([4, 20, 40], rel=0.3)


@pytest.mark.parametrize("fraction", [0.05, 0.15, 0.3, 0.5, 0.7])
def test_any_fraction_is_drawn(fraction):
    rng = np.random.default_rng(1)
    counts = rng.integers(1, 9, (400, 3)).astype(float)
    rows = counts.sum(axis=1)
    locked = sample_tests(counts, rows, fraction, 5, np.random.default_rng(0), 1)[0]
    assert counts[locked].sum(axis=0) / counts.sum(axis=0) == pytest.approx([fraction] * 3, abs=0.01)


@given(st.integers(0, 100_000), st.integers(7, 30), st.integers(1, 8), st.floats(0.05, 0.9))
@settings(max_examples=25, deadline=None)
def test_training_keeps_two_groups_of_each_class_and_a_group_for_each_fold(seed, g, k, fraction):
    rng = np.random.default_rng(seed)
    counts = (rng.random((g, k)) < 0.3) * rng.integers(1, 9, (g, k)).astype(float)

    locked = sample_tests(counts, counts.sum(axis=1) + 1, fraction, 5, np.random.default_rng(0), 1)[0]

    held = counts > 0
    short = held[~locked].sum(axis=0) < np.minimum(held.sum(axis=0), 2)
    assert locked.sum() >= 1
    assert (~locked).sum() >= 5
    assert not short.any() or locked.sum() == 1


def test_too_few_groups_for_a_test():
    with pytest.raises(FoldsError, match=r"5 groups are too few for a test and 5 folds.*Set folds.k to at most 4"):
        sample_tests(np.ones((5, 1)), np.ones(5), 0.2, 5, np.random.default_rng(0), 1)[0]
