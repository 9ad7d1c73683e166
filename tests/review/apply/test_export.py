from collections.abc import Callable
from pathlib import Path

from evenhand.base.storage.files.atomic import write_frame
from evenhand.data.tables.corrections_file import Correction, read_corrections
from evenhand.review.apply.export import corrections_of
from evenhand.review.log.event import Event
from evenhand.review.log.replay import ReviewState
from evenhand.review.rows.review_rows import ReviewRows


def test_decisions_are_read_back_as_corrections(tmp_path: Path, make_rows: Callable[..., ReviewRows]) -> None:
    state = ReviewState()
    for event in (
        Event.new("relabel", "ann", "r3", ("ash",), to=("birch",), note="bark"),
        Event.new("note", "bob", "r3", note="leaves, too"),
        Event.new("trash", "ann", "r1", ("birch",)),
        Event.new("keep", "ann", "r0", ("ash",)),
        Event.new("relabel", "ann", "r2", ("ash",), to=("ash",)),
        Event.new("trash", "ann", "gone", ()),
        Event.new("trash", "ann", "r4", ("ash",)),
        Event.new("keep", "bob", "r4", ("ash",)),
    ):
        state.apply(event)
    table = corrections_of(state, make_rows([0, 1, 0, 0, 0]))
    assert table["reason"].tolist() == ["", "", "", "bark; leaves, too", ""]
    assert table["path"].tolist() == ["r0.png", "r1.png", "r2.png", "r3.png", ""]
    write_frame(table, tmp_path / "corrections.csv")
    assert read_corrections(tmp_path / "corrections.csv").rows == (
        Correction("r0", "keep", ("ash",), None, 2),
        Correction("r1", "trash", ("birch",), None, 3),
        Correction("r2", "keep", ("ash",), None, 4),
        Correction("r3", "relabel", ("ash",), ("birch",), 5),
        Correction("gone", "trash", (), None, 6),
    ), "disputed rows have no decision"


def test_a_review_without_decisions_is_a_table_without_rows(
    tmp_path: Path, make_rows: Callable[..., ReviewRows]
) -> None:
    write_frame(corrections_of(ReviewState(), make_rows([0, 1])), tmp_path / "corrections.csv")
    assert read_corrections(tmp_path / "corrections.csv").rows == ()
