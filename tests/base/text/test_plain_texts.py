"""Values of a column as text, whatever the version of pandas."""

import numpy as np
import pandas as pd
import pytest

from evenhand.base.text.cells import plain_texts


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (pd.Series([1, None], dtype="Int64"), ["1", None]),
        (pd.Series([1.5, np.nan]), ["1.5", None]),
        (pd.Series(["a", None, np.nan, "nan"], dtype=object), ["a", None, None, "nan"]),
        (pd.Series(["a", None], dtype="category"), ["a", None]),
        (pd.Series([True, False]), ["True", "False"]),
        (pd.Series([None, None], dtype=object), [None, None]),
        (pd.Series([], dtype=object), []),
    ],
)
def test_missing_values_stay_missing_and_whole_numbers_whole(column: pd.Series, texts: list[str | None]) -> None:
    assert plain_texts(column).tolist() == texts


def test_rows_keep_their_labels() -> None:
    assert plain_texts(pd.Series([1, 2], index=[7, 3])).index.tolist() == [7, 3]
