from __future__ import annotations

from dataclasses import replace

import pytest

from evenhand.base.errors import DataError
from evenhand.review.rows.review_rows import ReviewRows
from evenhand.review.server.row_named import row_named


@pytest.fixture
def rows(make_rows) -> ReviewRows:
    made = make_rows([0, 1, 2, 2])
    paths = ["ash/1.png", "birch/1.png", "cedar/ü 2.png", "1.png"]
    return replace(made, samples=replace(made.samples, frame=made.samples.frame.assign(path=paths)))


@pytest.mark.parametrize(
    ("text", "row"),
    [("r1", "r1"), ("birch/1.png", "r1"), (" ü 2.png ", "r2"), ("1.png", "r3")],
)
def test_a_row_is_found_by_its_id_its_path_or_the_end_of_it(rows: ReviewRows, text: str, row: str) -> None:
    assert row_named(rows, text) == row


def test_a_name_of_no_row_or_of_several_is_a_sentence(rows: ReviewRows) -> None:
    with pytest.raises(DataError, match='There is no row with the id or file name "3.png" among the 4 rows'):
        row_named(rows, "3.png")
    with pytest.raises(DataError, match="no row with the id or file name"):
        row_named(rows, "")
    paths = ["ash/1.png", "birch/1.png", "cedar/1.png", "elm/1.png"]
    rows = replace(rows, samples=replace(rows.samples, frame=rows.samples.frame.assign(path=paths)))
    with pytest.raises(DataError, match=r'4 rows are named "1.png" \("ash/1.png", .*, …\): write more of the path'):
        row_named(rows, "1.png")
