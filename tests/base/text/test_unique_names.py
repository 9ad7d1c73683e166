"""Names as numbers, whatever characters are in them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.text.unique_names import unique_names


@given(st.lists(st.text(max_size=6), max_size=30))
def test_rows_share_a_number_exactly_if_they_share_a_name(names: list[str]) -> None:
    found, number = unique_names(names)
    assert found.tolist() == sorted(set(names))
    assert [found[i] for i in number] == names


def test_names_that_differ_by_a_trailing_nul_stay_apart() -> None:
    names = np.array(["x\0", "x", "x\0\0"], dtype=object)
    assert len(set(unique_names(names)[1])) == 3
