"""Names as numbers, whatever characters are in them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.text.unique_names import unique_names


@given(st.lists(st.text(max_size=6), max_size=30))
def test_rows_share_a_number_exactly_if_they_share_a_name(names: list[str]) -> None:
    found, number = unique_names(names)
    assert found.tolist() == sorted(set(names))
    assert [found[i] for i in number] == names


@pytest.mark.parametrize("names", [["x\0", "x", "x\0\0"], ["c\0d", "c\0e", "c"]])
def test_names_that_differ_from_a_nul_on_stay_apart(names: list[str]) -> None:
    assert len(set(unique_names(np.array(names, dtype=object))[1])) == 3


def test_no_names_have_no_codes() -> None:
    found, code = unique_names([])
    assert (found.dtype, code.dtype, len(found), len(code)) == (object, np.int64, 0, 0)
