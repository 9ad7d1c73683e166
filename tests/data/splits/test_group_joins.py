import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.errors import FoldsError
from evenhand.base.values import Samples
from evenhand.data.splits.group_joins import join_groups, same_bytes


def names(*words: str) -> np.ndarray:
    return np.array(words, dtype=object)


def test_without_duplicates_groups_are_numbered_by_name():
    assert join_groups(names("b", "a", "b"), names("1", "2", "3"), []).tolist() == [1, 0, 1]


def test_chains_of_duplicates_join_everything_they_touch():
    group = join_groups(names("a", "b", "c", "d"), names("1", "2", "3", "4"), [["1", "2"], ["2", "3"]])

    assert group.tolist() == [0, 0, 0, 1]


def test_sets_of_one_or_none_join_nothing():
    assert join_groups(names("a", "b"), names("1", "2"), [["1"], []]).tolist() == [0, 1]


def test_an_unknown_duplicate_is_named():
    with pytest.raises(FoldsError, match='1 ids among the duplicates are not among the samples \\(first: "9"\\)'):
        join_groups(names("a", "b"), names("1", "2"), [["1", "9"]])


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=12),
    st.lists(st.lists(st.integers(0, 11), max_size=4), max_size=4),
    st.randoms(use_true_random=False),
)
def test_joined_rows_share_a_group_in_any_order_of_rows(of, sets, random):
    n = len(of)
    ids, groups = names(*map(str, range(n))), names(*(f"g{g}" for g in of))
    sets = [[str(i) for i in each if i < n] for each in sets]
    order = list(range(n))
    random.shuffle(order)

    group = join_groups(groups, ids, sets)

    for each in sets:
        assert len({int(group[int(i)]) for i in each}) <= 1
    for a in range(n):
        assert all(group[a] == group[b] for b in range(n) if of[a] == of[b])
    assert set(group.tolist()) == set(range(group.max() + 1))
    assert (join_groups(groups[order], ids[order], sets) == group[order]).all()


def test_the_same_bytes_are_duplicates():
    frame = pd.DataFrame({"id": ["a", "b", "c", "d"], "path": "x", "content": ["f0", None, "f0", None]})

    assert same_bytes(Samples(frame, ("k",), np.zeros(4, dtype=np.int64))) == [["a", "c"]]
    assert same_bytes(Samples(frame.drop(columns="content"), ("k",), np.zeros(4, dtype=np.int64))) == []
