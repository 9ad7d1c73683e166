import json
from collections.abc import Callable
from pathlib import Path

from evenhand.base.values import Finding
from evenhand.data.tables.corrections_file import read_corrections
from evenhand.review.log.event import Event
from evenhand.review.log.replay import ReviewState
from evenhand.review.rows.review_rows import ReviewRows
from evenhand.review.versions.views import write_views


def test_each_view_leaves_out_more_than_the_one_before_and_counts_why(
    tmp_path: Path, make_rows: Callable[..., ReviewRows]
) -> None:
    state = ReviewState()
    for event in (
        Event.new("trash", "ann", "r0", ("ash",)),
        Event.new("relabel", "ann", "r1", ("ash",), to=("birch",)),
        Event.new("keep", "ann", "r2", ("ash",)),
        Event.new("unsure", "ann", "r3", ("ash",)),
        Event.new("keep", "ann", "r4", ("birch",)),
        Event.new("trash", "bob", "r4", ("birch",)),
    ):
        state.apply(event)
    # a row that was looked at stays, whatever a finding says of it
    suspects = Finding("EH109", "note", "", ids=("r2", "r5"))
    rows = make_rows([0, 0, 0, 0, 1, 1, 1], reported=[suspects])
    found = write_views(state, rows, tmp_path)
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert summary == {
        "rows": 7,
        "views": {
            "drop": {"rows": 6, "relabelled": 1, "left_out": {"trash": 1}},
            "quarantine": {"rows": 4, "relabelled": 1, "left_out": {"disputed": 1, "trash": 1, "unsure": 1}},
            "aggressive": {
                "rows": 3, "relabelled": 1, "left_out": {"EH109": 1, "disputed": 1, "trash": 1, "unsure": 1},
            },
            "strict": {
                "rows": 2, "relabelled": 1, "left_out": {"disputed": 1, "trash": 1, "undecided": 2, "unsure": 1},
            },
        },
    }  # fmt: skip
    trashed = [read_corrections(tmp_path / f"{view.name}.csv").trashed for view in found]
    assert [sorted(ids) for ids in trashed] == [
        ["r0"], ["r0", "r3", "r4"], ["r0", "r3", "r4", "r5"], ["r0", "r3", "r4", "r5", "r6"],
    ]  # fmt: skip
    assert found[3].corrections["reason"].tolist() == ["", "", "", "unsure", "disputed", "undecided", "undecided"]


def test_a_review_without_decisions_drops_nothing_and_confirms_nothing(
    tmp_path: Path, make_rows: Callable[..., ReviewRows]
) -> None:
    found = write_views(ReviewState(), make_rows([0, 1]), tmp_path / "versions")
    assert [view.rows for view in found] == [2, 2, 2, 0]
