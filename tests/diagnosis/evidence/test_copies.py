import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.values import Samples
from evenhand.data.splits.group_joins import joined
from evenhand.diagnosis.evidence.copies import exact_copies, pairs_within, set_numbers


def samples(content=None, n=4):
    frame = pd.DataFrame({"id": [str(i) for i in range(n)]})
    return Samples(frame if content is None else frame.assign(content=content), ("a",), np.zeros(n, dtype=int))


def test_bytes_and_pixels_join_into_one_set():
    pictures = np.arange(4, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 3), dtype=np.uint8)
    pictures[2] = pictures[1]
    assert [s.tolist() for s in exact_copies(samples(["x", "x", "y", "z"]), pictures)] == [[0, 1, 2]]


def test_unknown_bytes_are_not_the_same():
    assert exact_copies(samples([None, None, "", ""]), None) == []


def test_blank_pictures_are_compared_by_bytes_only():
    pictures = np.zeros((4, 2, 2, 3), dtype=np.uint8)
    assert exact_copies(samples(["a", "a", "b", "c"]), pictures, np.ones(4, dtype=bool))[0].tolist() == [0, 1]


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=30))
def test_joined_sets_are_the_connected_ones(pairs):
    pairs = [(a, b) for a, b in pairs if a != b]
    sets = joined(pairs, 20)
    rows = [row for rows in sets for row in rows.tolist()]
    assert len(rows) == len(set(rows))
    number = set_numbers(sets, 20)
    assert all(number[a] == number[b] for a, b in pairs)
    assert [len(s) for s in sets] == sorted((len(s) for s in sets), reverse=True)


def test_pairs_of_a_large_set_are_a_chain():
    assert len(pairs_within([np.arange(5)])) == 10
    assert pairs_within([np.arange(5)], most=4).tolist() == [[0, 1], [1, 2], [2, 3], [3, 4]]
    assert pairs_within([]).shape == (0, 2)
