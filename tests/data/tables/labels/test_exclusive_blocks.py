"""Blocks of labels that exclude one another: found where chance cannot have made them, and not elsewhere."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.base.errors import DataError
from evenhand.base.storage.samples_frame import samples_frame, samples_of
from evenhand.base.values import ExclusiveBlock, Samples
from evenhand.data.config import DataConfig
from evenhand.data.tables.labels.exclusive_blocks import blocks_of, check_softmax, find_blocks


def samples(labels, names=None, groups=None):
    names = names or tuple(f"c{i}" for i in range(labels.shape[1]))
    frame = pd.DataFrame({"id": [f"r{i}" for i in range(len(labels))]})
    if groups is not None:
        frame["group"] = groups
    return Samples(frame, tuple(names), np.asarray(labels, dtype=float))


def one_hot(rng, n, shares):
    return np.eye(len(shares))[rng.choice(len(shares), n, p=shares)]


def test_blocks_of_several_attributes_are_found_and_rare_values_by_the_block_as_a_whole():
    rng = np.random.default_rng(0)
    colour = one_hot(rng, 2000, (0.5, 0.3, 0.17, 0.02, 0.01))
    season = one_hot(rng, 2000, (0.3, 0.3, 0.4))[:, :2]  # the third season is no label
    free = rng.random((2000, 3)) < (0.3, 0.2, 0.1)
    found = find_blocks(samples(np.hstack([colour, season, free])))
    assert [(b.classes, b.complete) for b in found] == [
        (("c0", "c1", "c2", "c3", "c4"), True),
        (("c5", "c6"), False),
    ]
    assert found[0].rows == found[0].n == found[1].n == 2000
    assert found[1].rows == int(season.sum())


def test_a_coarse_class_and_its_finer_ones_are_in_blocks_of_their_own():
    rng = np.random.default_rng(1)
    fine = one_hot(rng, 3000, (0.4, 0.2, 0.25, 0.15))
    coarse = np.stack([fine[:, :2].sum(axis=1), fine[:, 2:].sum(axis=1)], axis=1)
    found = find_blocks(
        samples(np.hstack([fine, coarse]), ("shirt", "skirt", "shoe", "boot", "clothes", "footwear"))
    )
    assert {b.classes for b in found} == {("clothes", "footwear"), ("shirt", "skirt", "shoe", "boot")}
    assert all(b.complete for b in found)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from((0.01, 0.05, 0.3)), st.booleans())
def test_independent_labels_make_no_block(seed, share, grouped):
    rng = np.random.default_rng(seed)
    labels = rng.random((100, 8)) < share
    if grouped:  # a hundred rows of ten groups that have one set of labels each
        labels = np.repeat(labels[:10], 10, axis=0)
    groups = np.repeat(np.arange(10), 10).astype(str) if grouped else None
    assert find_blocks(samples(labels, groups=groups)) == ()


def test_rows_of_one_group_are_no_evidence_of_their_own():
    labels = np.repeat(np.eye(2)[[0, 1] * 5], 100, axis=0)
    assert len(find_blocks(samples(labels))) == 1
    assert find_blocks(samples(labels, groups=np.repeat(np.arange(10), 100).astype(str))) == ()


def test_unknown_cells_neither_make_nor_break_a_block():
    rng = np.random.default_rng(2)
    labels = one_hot(rng, 1000, (0.4, 0.6)).astype(float)
    free = (rng.random((1000, 1)) < 0.4).astype(float)
    labels = np.hstack([labels, free])
    labels[rng.random(labels.shape) < 0.3] = np.nan
    (block,) = find_blocks(samples(labels))
    assert block.classes == ("c0", "c1")
    assert block.complete
    assert block.n == int((~np.isnan(labels[:, :2])).all(axis=1).sum())
    never = labels.copy()
    never[:, 0] = np.where(np.arange(1000) % 2, np.nan, never[:, 0])
    never[:, 1] = np.where(np.arange(1000) % 2, never[:, 1], np.nan)
    assert find_blocks(samples(never)) == ()  # never known together


def test_one_row_in_which_two_hold_is_no_block_and_breaks_a_named_one():
    rng = np.random.default_rng(3)
    labels = one_hot(rng, 400, (0.5, 0.3, 0.2))
    assert len(find_blocks(samples(labels))) == 1
    labels[7, :2] = 1
    assert not any({"c0", "c1"} <= set(b.classes) for b in find_blocks(samples(labels)))
    data = DataConfig(root=".", task="multi", exclusive=[["c0", "c1", "c2"]])
    with pytest.raises(
        DataError, match=r'hold together in 1 of 400 rows \("r7" is c0 and c1\). Correct the labels'
    ):
        blocks_of(samples(labels), data)
    (kept,) = blocks_of(samples(labels), DataConfig(root=".", task="multi", exclusive=[["c2", "c0"]]))
    assert kept.classes == ("c0", "c2")
    assert not kept.complete
    # a class that was left out leaves its block; names that no row has are found where the table is read
    assert blocks_of(samples(labels), DataConfig(root=".", task="multi", exclusive=[["c0", "rare"]])) == ()


def test_degrees_of_a_named_block_share_out_each_row_and_a_tie_is_no_fault():
    names = ["c0", "c1", "c2"]
    data = DataConfig(root=".", table="t.csv", task="soft", label_columns=names, exclusive=[names])
    shares = np.array([[0.5, 0.5, 0], [0.33, 0.33, 0.33], [0.67, 0.17, 0.17], [np.nan, 0.5, np.nan]])
    (block,) = blocks_of(samples(shares), data)
    assert (block.classes, block.complete, block.rows, block.n) == (("c0", "c1", "c2"), True, 4, 3)
    (part,) = blocks_of(samples(np.vstack([shares, [0.3, 0.1, 0]])), data)
    assert not part.complete
    over = np.vstack([shares, [0.6, 0.4, 0.2]])
    with pytest.raises(DataError, match=r'"c0", "c1".* sum to more than 1 in 1 of 5 rows \("r4" has 1.2\)'):
        blocks_of(samples(over), data)


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        (
            {
                "task": "soft",
                "table": "t.csv",
                "label_columns": ["a", "b", "c"],
                "rename": {"c": "b"},
                "exclusive": [["a", "b"]],
            },
            "rename makes b of several columns .* add these columns up",
        ),
        ({"task": "single", "exclusive": "auto"}, 'set task = "multi"'),
        ({"task": "multi", "exclusive": [["a"]]}, "two classes or more"),
        ({"task": "multi", "exclusive": [["a", "b"], ["b", "c"]]}, "names b more than once"),
        ({"task": "multi", "exclusive": "found"}, "auto"),
    ],
)
def test_faults_of_the_configuration_are_named(keys, fault):
    with pytest.raises(ValueError, match=fault):
        DataConfig(root=".", **keys)


def test_a_softmax_needs_a_block_with_a_class_in_every_row():
    rng = np.random.default_rng(6)
    seasons = one_hot(rng, 600, (0.3, 0.3, 0.4))
    data = DataConfig(root=".", task="multi", exclusive="auto")
    whole, part = (
        replace(samples(table), exclusive=find_blocks(samples(table))) for table in (seasons, seasons[:, :2])
    )
    check_softmax(whole, data, ["a"])
    check_softmax(part, data, [])
    pattern = r'"a": blocks = "softmax" needs .* no such block .* one holds: "c0", "c1"'
    with pytest.raises(DataError, match=pattern):
        check_softmax(part, data, ["a"])
    check_softmax(part, DataConfig(root=".", task="multi", exclusive=[["c0", "c1"]]), ["a"])


def test_blocks_are_kept_with_the_samples_of_a_record():
    made = samples(one_hot(np.random.default_rng(4), 300, (0.5, 0.5)))
    (block,) = blocks_of(made, DataConfig(root=".", task="multi", exclusive="auto"))
    assert ExclusiveBlock.of(("c1", "c0"), made.classes, made.labels) == block
    data = {"classes": made.classes, "kind": "photos", "task": "multi", "exclusive": [block.classes]}
    assert samples_of(samples_frame(made), data).exclusive == (block,)
    assert made.take(np.arange(3)).exclusive == ()


def test_a_thousand_labels_of_sparse_rows_take_no_longer_than_their_pairs():
    rng = np.random.default_rng(5)
    labels = np.zeros((2000, 1000))
    labels[np.arange(2000), rng.integers(0, 1000, 2000)] = 1
    assert find_blocks(samples(labels)) == ()  # two rows each: nothing can be told


def test_a_thousand_labels_are_written_without_a_warning():
    labels = np.zeros((3, 1000))
    labels[:, :2] = 1
    labels[0, 5] = np.nan
    made = samples(labels)
    frame = samples_frame(made)  # warnings are errors in tests
    back = samples_of(frame, {"classes": made.classes, "kind": "photos", "task": "multi"})
    np.testing.assert_array_equal(back.labels, made.labels)
    assert list(back.frame.columns) == ["id"]
