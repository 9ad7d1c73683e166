"""Separators of classes in a cell, found where they are not the configured one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.errors import DataError
from evenhand.base.values import Finding, Samples
from evenhand.data.config import DataConfig
from evenhand.data.roots.root import open_root
from evenhand.data.tables.labels.cell_separator import CANDIDATES, cell_parts, cell_separator, listed
from evenhand.data.tables.samples import file_samples

TAGS = ("men", "navy blue", "black, matte", "w/o lace", "снег", "夏")


@pytest.mark.parametrize("separator", [";", "|", "\t", "\n"])
@given(data=st.data())
def test_the_separator_of_recurring_tags_is_found(separator: str, data: st.DataObject) -> None:
    """Every pair of six tags, in any order: fifteen cells of six parts."""
    pairs = [(a, b) for at, a in enumerate(TAGS) for b in TAGS[at + 1 :]]
    cells = data.draw(st.permutations([separator.join(pair) for pair in pairs]))
    assert cell_separator(cells, "@") == separator


@pytest.mark.parametrize("separator", ["/", ","])
def test_separators_that_names_may_hold_are_found_too(separator: str) -> None:
    tags = "abcdef"
    cells = [separator.join((a, b)) for a in tags for b in tags if a < b]
    assert cell_separator(cells, "|") == separator


def test_many_tags_of_which_each_row_has_few_are_found_too() -> None:
    rng = np.random.default_rng(0)
    tags = [f"tag {n}, of {n % 7}" for n in range(1000)]
    cells = ["; ".join(["every row", *rng.choice(tags, 5, replace=False)]) for _ in range(300)]
    assert cell_separator(cells, "|") == ";"
    assert cell_separator([f"item {n}, {n * 7 % 11} cm" for n in range(60)], "|") == "|", "half of the parts recur"


@pytest.mark.parametrize(
    "cells",
    [
        [],
        [None],
        ["one"],
        ["Shirts, long", "Shirts, short", "Hats, warm"],
        ["AC/DC", "T/S"],
        ["a;b", "c;d", "e;f"],
        ["a|b", "c;d", "c;e", "d;e", "c", "d"],
    ],
)
def test_cells_without_a_clear_one_keep_the_configured(cells: list[str | None]) -> None:
    assert cell_separator(cells, "|") == "|"


@given(st.lists(st.one_of(st.none(), st.text(max_size=8)), max_size=8), st.sampled_from(["|", ";", "::"]))
def test_any_cells_have_a_separator(cells: list[str | None], configured: str) -> None:
    assert cell_separator(cells, configured) in (configured, *CANDIDATES)


@given(st.lists(st.text(max_size=8), max_size=5))
def test_lists_as_programs_write_them_are_read_whole(tags: list[str]) -> None:
    stripped = [tag.strip() for tag in tags if tag.strip()]
    assert cell_parts(json.dumps(tags), "|") == stripped
    assert cell_parts(json.dumps(tags, ensure_ascii=False), "|") == stripped
    assert cell_parts(repr(tags), "|") == stripped


@pytest.mark.parametrize("cell", ["[red]", "[[x]]", "[", "[]x", "[{}]", "[" * 4000 + "]" * 4000, "[1, [2]]"])
def test_what_only_looks_like_a_list_is_a_name(cell: str) -> None:
    assert listed(cell) is None
    assert cell_parts(cell, "|") == [cell]


def test_a_table_of_lists_needs_no_separator(tmp_path: Path) -> None:
    cells = ["\"['men', 'a, b']\"", "\"['men']\"", "[]", "\"['women', 'a, b']\""]
    samples, findings = read(tmp_path, ["path,label", *(f"{at}.jpg,{cell}" for at, cell in enumerate(cells, 1))])
    assert samples.classes == ("a, b", "men", "women")
    assert not samples.labels[2].any(), "an empty list is no class"
    assert not findings


def read(folder: Path, lines: list[str], **data: Any) -> tuple[Samples, list[Finding]]:
    for at in range(1, len(lines)):
        (folder / f"{at}.jpg").write_bytes(bytes([at]))
    (folder / "t.csv").write_text("\n".join(lines), encoding="utf-8")
    config = DataConfig.model_validate({"root": ".", "table": "t.csv", "task": "multi", "min_count": 1, **data})
    return file_samples(open_root(folder), config, kind="photos", suffixes=(".jpg",))


def test_what_was_found_is_reported(tmp_path: Path) -> None:
    cells = ["men;summer", "men;winter", "women;summer", "women;winter", "men", "women;summer;winter"]
    samples, findings = read(tmp_path, ["path,label", *(f"{at}.jpg,{cell}" for at, cell in enumerate(cells, 1))])
    assert samples.classes == ("men", "summer", "winter", "women")
    assert [f.message for f in findings] == [
        't.csv: no cell of the column "label" holds the separator "|"; classes were taken apart at ";", between '
        'which they recur (first: line 2, "men;summer"). Name it in data.separator.'
    ]


def test_tags_in_several_columns_are_not_known_where_a_cell_is_empty(tmp_path: Path) -> None:
    rows = ["path,who,when", "1.jpg,men,summer", "2.jpg,women,", "3.jpg,,winter|summer", "4.jpg,men,winter"]
    samples, _ = read(tmp_path, rows, tag_columns=["when", "who"])
    assert samples.classes == ("summer", "winter", "men", "women")
    nan = np.nan
    held = [[1, 0, 1, 0], [nan, nan, 0, 1], [1, 1, nan, nan], [0, 1, 1, 0]]
    assert np.array_equal(samples.labels, held, equal_nan=True)


def test_a_tag_of_two_columns_is_one_class(tmp_path: Path) -> None:
    rows = ["path,a,b", "1.jpg,x,y", "2.jpg,y,", "3.jpg,,x", "4.jpg,z,y"]
    samples, _ = read(tmp_path, rows, tag_columns=["a", "b"], rename={"z": "x"})
    assert samples.classes == ("x", "y")
    assert np.array_equal(samples.labels, [[1, 1], [np.nan, 1], [1, np.nan], [1, 1]], equal_nan=True)


def test_a_row_without_any_tag_is_reported_and_columns_must_exist(tmp_path: Path) -> None:
    rows = ["path,a,b", "1.jpg,x,y", "2.jpg,,", "3.jpg,y,x"]
    with pytest.raises(DataError, match=r"1 of 3 rows have no label in any of data\.tag_columns \(first: line 3\)"):
        read(tmp_path, rows, tag_columns=["a", "b"])
    with pytest.raises(DataError, match="data.tag_columns: .*column"):
        read(tmp_path, rows, tag_columns=["a", "c"])


def test_tag_columns_are_for_several_classes() -> None:
    with pytest.raises(ValueError, match="tag_columns name several classes of a row"):
        DataConfig(root=".", task="single", tag_columns=["a"])
