import numpy as np
import pandas as pd
import pytest

from evenhand.base.errors import DataError
from evenhand.data.tables.row_filter import only_rows
from evenhand.data.tables.table import LabelTable

TABLE = LabelTable(
    "t.csv", pd.DataFrame({"set": ["a", "b", None, "a"], "year": ["1", "2", "2", "2"]}), np.arange(4)
)


def test_rows_with_a_wanted_value_in_every_column_stay() -> None:
    assert only_rows(TABLE, {}).tolist() == [True] * 4
    assert only_rows(TABLE, {"set": ["a"]}).tolist() == [True, False, False, True]
    assert only_rows(TABLE, {"set": ["a", "b"], "year": ["2"]}).tolist() == [False, True, False, True]


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(DataError) as caught:
        only_rows(TABLE, {"sett": ["a"], "year": ["1999"]})
    said = str(caught.value).splitlines()
    assert said[0].startswith('t.csv: data.only: There is no column named "sett"')
    assert said[1] == 't.csv: data.only: no row has "1999" in the column "year". Found there: "1", "2".'
