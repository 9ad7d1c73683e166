"""Columns are known as groups by their names, in English and in Chinese, if their values recur."""

from __future__ import annotations

import pandas as pd
import pytest

from evenhand.data.tables.column_roles import column_profiles, group_candidates


def candidates(column: str, values: list[str]) -> list[str]:
    """Return the names of the columns that look like groups, of a table of two classes."""
    labels = ["a", "b"] * (len(values) // 2)
    frame = pd.DataFrame({"path": [f"{row}.dxf" for row in range(len(values))], "label": labels, column: values})
    found = group_candidates(column_profiles(frame), frame, "label", others=("path",))
    return [one.name for one in found if one.looks_like_group()]


@pytest.mark.parametrize("name", ["series", "Sender_ID", "session date", "订单", "订单号", "患者编号", "生产批次"])
def test_a_name_of_what_rows_have_in_common_is_a_group(name: str) -> None:
    assert candidates(name, ["1", "1", "1", "2", "2", "2"]) == [name]


@pytest.mark.parametrize("name", ["material", "seriesly", "材料", "类别", "备注"])
def test_another_name_is_not(name: str) -> None:
    assert candidates(name, ["1", "1", "1", "2", "2", "2"]) == []


def test_values_that_do_not_recur_are_no_groups() -> None:
    assert candidates("订单", ["1", "2", "3", "4", "5", "6"]) == []
