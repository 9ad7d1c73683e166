"""Rows of any size in one flat array."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from evenhand.data.store.ragged import Ragged, offsets_of


@given(st.lists(hnp.arrays(np.int16, hnp.array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=5)), min_size=1))
def test_rows_come_back_as_they_were(rows: list[np.ndarray]) -> None:
    ragged = Ragged.of(rows)
    assert len(ragged) == len(rows)
    assert ragged.offsets[-1] == sum(row.size for row in rows)
    for row, back in zip(rows, ragged, strict=True):
        np.testing.assert_array_equal(back, row)


def test_a_row_is_a_view_and_positions_behave_as_in_a_list() -> None:
    ragged = Ragged.of([np.zeros(3), np.ones(2)])
    assert np.shares_memory(ragged[0], ragged.values)
    np.testing.assert_array_equal(ragged[-1], [1, 1])
    with pytest.raises(IndexError):
        ragged[2]


def test_no_rows_have_one_offset() -> None:
    assert offsets_of(np.zeros((0, 2), np.int64)).tolist() == [0]
