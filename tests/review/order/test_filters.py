"""Filters of a review, one by one and together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from evenhand.base.errors import DataError
from evenhand.base.values import Finding
from evenhand.review.log.event import Event
from evenhand.review.log.replay import ReviewState, replay
from evenhand.review.order.filters import Filters
from evenhand.review.rows.review_rows import ReviewRows


@pytest.fixture
def rows(make_rows: Callable[..., ReviewRows]) -> ReviewRows:
    reported = [Finding("EH102", "warning", "Blank.", ids=("r0", "r4")), Finding("EH103", "note", "", ids=("r1",))]
    return make_rows([0, 1, 2, 0, -1], groups=["x", "y", "x", None, "y"], folds=[0, 1, -1, 0, 1], reported=reported)


def state() -> ReviewState:
    def event(kind: str, reviewer: str, row: str) -> Event:
        more = {"to": ("birch",)} if kind == "relabel" else {}
        return Event.new(kind, reviewer, row, ("ash",), **more)

    return replay(
        [
            event("keep", "ann", "r0"),
            event("relabel", "ann", "r3"),
            event("trash", "bob", "r3"),
            event("keep", "bob", "r1"),
        ]
    )


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), [0, 1, 2, 3, 4]),
        (Filters(classes=("ash",)), [0, 3]),
        (Filters(classes=("ash", "")), [0, 3, 4]),
        (Filters(groups=("y",)), [1, 4]),
        (Filters(groups=("",)), [3]),
        (Filters(folds=("test", "1")), [1, 2, 4]),
        (Filters(findings=("EH102", "EH103")), [0, 1, 4]),
        (Filters(classes=("ash",), findings=("EH102",)), [0]),
        (Filters(decisions=("none",)), [1, 2, 4]),
        (Filters(decisions=("keep",)), [0]),
        (Filters(decisions=("relabel", "none")), [1, 2, 3, 4]),
        (Filters(decisions=("disputed",)), [3]),
        (Filters(decisions=("trash",)), []),
    ],
)
def test_rows_pass_that_have_any_value_of_every_filter(
    filters: Filters, expected: list[int], rows: ReviewRows
) -> None:
    assert np.flatnonzero(filters.passing(rows, state(), "ann")).tolist() == expected


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        (Filters(classes=("birhc",)), r'no class named "birhc".*birch'),
        (Filters(groups=("z",)), 'no group named "z"'),
        (Filters(folds=("2",)), 'no fold named "2"'),
        (Filters(findings=("EH104",)), 'no finding named "EH104"'),
        (Filters(decisions=("kept",)), r'no decision named "kept".*keep'),
    ],
)
def test_a_value_that_no_row_has_is_refused(filters: Filters, message: str, rows: ReviewRows) -> None:
    with pytest.raises(DataError, match=message):
        filters.passing(rows, state(), "ann")


def test_a_row_of_several_labels_passes_with_any(make_rows: Callable[..., ReviewRows]) -> None:
    rows = make_rows([[1, 1, 0], [0, 0, 1], [0, 0, 0]])
    assert Filters(classes=("birch", "cedar")).passing(rows, ReviewState(), "").tolist() == [True, True, False]
