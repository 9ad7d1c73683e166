from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from evenhand.base.errors import DataError
from evenhand.data.config import DataConfig
from evenhand.data.tables.labels.label_encoding import label, levels, split_cells, unknown_names
from evenhand.data.tables.table import LabelTable


def config(**keys: Any) -> DataConfig:
    return DataConfig(root=".", table="t.csv", **keys)


def table(**columns: list[str | None]) -> LabelTable:
    frame = pd.DataFrame({name: np.array(cells, dtype=object) for name, cells in columns.items()})
    return LabelTable("t.csv", frame, np.arange(2, len(frame) + 2), "line")


def rows(*names: str) -> list[tuple[str, ...]]:
    return [(name,) for name in names]


def test_classes_are_in_order_and_numbers_by_value() -> None:
    found = label(rows("10", "9", "b", "a", "10", "9", "b", "a", "-1.5", "-1.5"), config(), "t.csv")
    assert found.classes == ("-1.5", "9", "10", "a", "b")
    assert found.values.tolist() == [2, 1, 4, 3, 2, 1, 4, 3, 0, 0]
    assert found.values.dtype == np.int64


def test_classes_may_be_named_in_the_order_of_the_outputs_with_rows_or_without() -> None:
    found = label(rows("b", "a", "b"), config(classes=["c", "b", "a"]), "t.csv")
    assert found.classes == ("c", "b", "a")
    assert found.values.tolist() == [1, 2, 1]
    assert found.findings == ()


def test_several_classes_of_a_row_may_be_named_too() -> None:
    data = config(task="multi", classes=["c", "b", "a"], drop=["x"])
    found = label([("b", "a"), (), ("x",)], data, "t.csv")
    assert found.values.tolist() == [[0, 1, 1], [0, 0, 0], [0, 0, 0]]
    assert found.keep.tolist() == [True, True, False]


def test_a_class_that_is_not_named_is_a_fault_of_the_list_or_the_rows() -> None:
    with pytest.raises(DataError) as error:
        label(rows("nut", "bolt", "bolt"), config(classes=["bolts", "nut"]), "t.csv")
    assert str(error.value) == (
        't.csv: rows have a class that data.classes does not name: "bolt". Did you mean "bolts"? '
        "Name them too, merge them by data.rename, or leave them out by data.drop."
    )


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"classes": ["a", "b", "a"]}, "classes names a more than once"),
        ({"classes": ["a"]}, "classes names 1, and a classifier needs two or more"),
        ({"classes": ["a", "b"], "drop": ["b"]}, "classes names b, which drop leaves out"),
        ({"classes": ["a", "b"], "min_count_action": "merge"}, 'min_count_action = "merge" could merge none'),
        ({"classes": ["a", "b"], "task": "multi", "label_columns": ["a", "b"]}, "both name the classes"),
    ],
)
def test_what_does_not_go_together_with_named_classes(keys: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as error:
        config(**keys)
    assert words in str(error.value)


def test_renamed_classes_may_become_one() -> None:
    cells = ["hex bolt", "bolt", "nut", None]
    data = config(rename={"hex bolt": "bolt"})
    assert split_cells(cells, data) == [("bolt",), ("bolt",), ("nut",), ()]


def test_several_classes_of_a_cell() -> None:
    data = config(task="multi", rename={"man": "men"}, min_count=1)
    parts = split_cells(["red | men", "men|man", None, "blue"], data)
    assert parts == [("red", "men"), ("men",), (), ("blue",)]
    found = label(parts, data, "t.csv")
    assert found.classes == ("blue", "men", "red")
    assert found.values.tolist() == [[0, 1, 1], [0, 1, 0], [0, 0, 0], [1, 0, 0]]
    assert found.keep.all()


def test_dropped_classes_take_their_rows() -> None:
    found = label(rows("a", "b", "c", "a", "b"), config(drop=["c"], min_count=1), "t.csv")
    assert found.keep.tolist() == [True, True, False, True, True]
    assert found.values[2] == -1
    assert found.findings == ()


def test_rows_with_another_class_outlive_a_dropped_one() -> None:
    data = config(task="multi", drop=["c"], min_count=1)
    found = label([("a", "c"), ("c",), (), ("b",)], data, "t.csv")
    assert found.keep.tolist() == [True, False, True, True]
    assert found.values.tolist() == [[1, 0], [0, 0], [0, 0], [0, 1]]


def test_rare_classes_are_left_out_and_told() -> None:
    found = label(rows("a", "a", "b", "b", "c"), config(), "t.csv")
    assert found.classes == ("a", "b")
    finding = found.findings[0]
    assert (finding.code, finding.about, finding.evidence["rows"]) == ("EH107", "c", {"c": 1})
    assert finding.message.startswith(
        't.csv: 1 class has fewer rows than data.min_count = 2 and was left out: "c".'
    )


def test_names_that_no_row_has() -> None:
    data = config(rename={"dgo": "dog"}, drop=["cta"])
    assert unknown_names(["cat", "dog"], data) == [
        'data.rename names the class "dgo", which no row has. Did you mean "dog"?',
        'data.drop names the class "cta", which no row has. Did you mean "cat"?',
    ]
    assert unknown_names(["cat"], config(drop=["xyz"])) == [
        'data.drop names the class "xyz", which no row has. Classes are: "cat".'
    ]
    sets = config(task="multi", exclusive=[["cat", "dgo"]])
    assert unknown_names(["cat", "dog"], sets) == [
        'data.exclusive names the class "dgo", which no row has. Did you mean "dog"?'
    ]


def test_dropping_goes_by_the_new_name() -> None:
    assert not unknown_names(["a", "b"], config(rename={"a": "x"}, drop=["x"]))


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (rows("a", "a"), r'all 2 rows are of one class, "a" \(column "label"\)\. A classifier needs two or more'),
        ([(), ()], r"no row has a class"),
        (rows("a", "b", "c"), r"of 3 classes .*, 3 have fewer rows than data\.min_count = 2"),
        (rows("a", "a", "b"), r"two or more classes must remain"),
    ],
)
def test_too_few_classes(parts: list[tuple[str, ...]], message: str) -> None:
    with pytest.raises(DataError, match=message):
        label(parts, config(), "t.csv")


@pytest.mark.parametrize("parts", [rows("a", "a"), rows("a", "a", "b")])
def test_a_column_is_advised_only_where_there_is_a_table(parts: list[tuple[str, ...]]) -> None:
    with pytest.raises(DataError, match=r"name another column in data\.label"):
        label(parts, config(), "t.csv")
    with pytest.raises(DataError) as of_folders:
        label(parts, DataConfig(root="."), "photos", named="folders")
    assert "column" not in str(of_folders.value)


def test_one_class_is_enough_where_rows_may_have_none() -> None:
    data = config(task="multi", min_count=1)
    assert label([("a",), ()], data, "t.csv").values.tolist() == [[1], [0]]


def test_levels() -> None:
    written = table(label=["a", "b", "c", "a"], coarse=["X", "Y", "X", None])
    assert levels(written, rows("a", "b", "c", "a"), ("a", "b", "c"), ["coarse"]) == {"coarse": ("X", "Y", "X")}


def test_a_class_in_two_coarser_ones_is_named_with_lines() -> None:
    written = table(label=["a", "b", "a", "a"], coarse=["X", "Y", "Y", "X"])
    with pytest.raises(DataError) as error:
        levels(written, rows("a", "b", "a", "a"), ("a", "b"), ["coarse"])
    assert '"a" belongs to 2 classes of "coarse": "X" (2 rows, first line 2), "Y" (1 rows, first line 4)' in str(
        error.value
    )


def test_a_class_in_no_coarser_one_is_named() -> None:
    written = table(label=["a", "b"], coarse=["X", None])
    with pytest.raises(DataError, match='the class "b" has no value in the column "coarse"'):
        levels(written, rows("a", "b"), ("a", "b"), ["coarse"])


def test_rare_classes_become_one() -> None:
    names = rows(*"aaaabbbb", "c", "d", "d", "other")
    found = label(names, config(min_count=3, min_count_action="merge"), "t.csv")
    assert found.classes == ("a", "b", "other")
    assert found.values.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert found.keep.all()
    (finding,) = found.findings
    assert (finding.code, finding.severity, finding.about) == ("EH107", "note", "other")
    assert finding.message == (
        "t.csv: 3 classes have fewer rows than data.min_count = 3 and were merged into "
        '"other", which has 4 rows: "c", "d", "other".'
    )
    assert finding.evidence["rows"] == {"c": 1, "d": 2, "other": 1}


def test_merged_classes_that_stay_too_rare_are_left_out() -> None:
    found = label(rows(*"aaabbb", "c", "d"), config(min_count=3, min_count_action="merge", merged="rest"), "t.csv")
    assert found.classes == ("a", "b")
    assert found.keep.tolist() == [True] * 6 + [False] * 2
    assert [finding.severity for finding in found.findings] == ["note", "warning"]


def test_a_row_of_two_rare_classes_has_the_merged_one_once() -> None:
    data = config(task="multi", min_count=2, min_count_action="merge")
    found = label([("a", "c", "d"), ("a",), ("e",), ()], data, "t.csv")
    assert found.classes == ("a", "other")
    assert found.values.tolist() == [[1, 1], [1, 0], [0, 1], [0, 0]]


def test_without_rare_classes_nothing_is_merged() -> None:
    found = label(rows(*"aabb"), config(min_count=2, min_count_action="merge"), "t.csv")
    assert found.classes == ("a", "b")
    assert not found.findings
