"""The queue: nothing twice, nothing lost, resumed where it was, and one row's worth of work per decision."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.base.errors import DataError, EvenhandError
from evenhand.base.values import Samples
from evenhand.review.log.event import Event
from evenhand.review.log.replay import ReviewState
from evenhand.review.order.filters import Filters
from evenhand.review.order.queue import Queue
from evenhand.review.rows.review_rows import ReviewRows

Rows = Callable[..., ReviewRows]


class Session:
    """A state, and queues that follow it."""

    def __init__(self, rows: ReviewRows) -> None:
        self.rows, self.state, self.queues = rows, ReviewState(), list[Queue]()

    def queue(self, order: str = "by_class", reviewer: str = "ann", **filters: tuple[str, ...]) -> Queue:
        made = Queue(self.rows, order, Filters(**filters), self.state, reviewer)
        self.queues.append(made)
        return made

    def decide(self, row: str, kind: str = "keep", reviewer: str = "ann") -> None:
        self.take(Event.new(kind, reviewer, row, ("ash",), **({"to": ("birch",)} if kind == "relabel" else {})))

    def undo(self, reviewer: str = "ann") -> None:
        target = self.state.undo_target(reviewer)
        if target is not None:
            self.take(Event.new("undo", reviewer, target.row, target.from_, target=target.event))

    def take(self, event: Event) -> None:
        self.state.apply(event)
        for queue in self.queues:
            queue.follow([event])


def plain(n: int) -> ReviewRows:
    ids = [f"r{i}" for i in range(n)]
    frame = pd.DataFrame({"id": ids, "path": ids})
    return ReviewRows.of(Samples(frame, ("ash", "birch"), np.arange(n) % 2))


def shown(queue: Queue, session: Session, most: int = 100) -> list[str]:
    """Return the rows that are shown one after the other, each kept."""
    out: list[str] = []
    row = queue.next()
    while row is not None and len(out) < most:
        out.append(row)
        session.decide(row)
        row = queue.next(row)
    return out


def test_each_row_is_shown_once_class_by_class() -> None:
    session = Session(plain(6))
    queue = session.queue()
    assert shown(queue, session) == ["r0", "r2", "r4", "r1", "r3", "r5"]
    assert queue.next() is None
    assert session.queue("random").next() is None


def test_a_new_queue_goes_on_behind_the_latest_decision_and_then_at_what_was_passed_over() -> None:
    session = Session(plain(6))
    session.queue()
    session.decide("r4")  # jumped there, past r0 and r2
    resumed = session.queue()
    assert shown(resumed, session) == ["r1", "r3", "r5"]
    assert resumed.next() == "r0"
    assert shown(resumed, session) == ["r0", "r2"]


def test_a_row_that_was_only_looked_at_is_not_shown_again_until_the_others_were() -> None:
    queue = Session(plain(4)).queue()
    assert [queue.next(), queue.next("r0"), queue.next("r2"), queue.next("r1"), queue.next("r3")] == [
        "r0",
        "r2",
        "r1",
        "r3",
        None,
    ]
    assert queue.upcoming(3, "r2") == ["r1", "r3"]
    assert queue.upcoming(2) == ["r0", "r2"]


def test_an_undo_shows_the_row_again_also_one_of_another_tab() -> None:
    session = Session(plain(4))
    one, other = session.queue(), session.queue("random")
    for row in ("r0", "r2", "r1"):
        session.decide(row)
    session.undo()
    session.undo()
    assert one.next() == "r2"
    assert one.progress().left == other.progress().left == 3


def test_decisions_that_nobody_reported_are_counted_all_the_same() -> None:
    session = Session(plain(4))
    queue = session.queue()
    assert queue.next() == "r0"
    session.state.apply(Event.new("keep", "ann", "r0", ("ash",)))
    session.state.apply(Event.new("keep", "ann", "r1", ("ash",)))
    assert queue.upcoming(4) == ["r3", "r2"][:1]
    assert queue.progress().decided == 2


def test_reviewers_have_the_same_order_and_their_own_progress() -> None:
    session = Session(plain(6))
    ann, bob = session.queue("random"), session.queue("random", reviewer="bob")
    assert ann.ids.tolist() == bob.ids.tolist()
    assert shown(ann, session) == ann.ids.tolist()
    assert bob.next() == bob.at(0)
    assert (ann.progress().decided, bob.progress().decided) == (6, 0)


def test_decided_rows_are_shown_again_where_they_are_asked_for_and_once() -> None:
    session = Session(plain(6))
    for row in ("r0", "r1", "r2"):
        session.decide(row)
    session.decide("r3", "unsure")
    again = session.queue(decisions=("keep", "unsure"))
    assert again.ids.tolist() == ["r0", "r2", "r1", "r3"]
    assert again.next() == "r0"
    session.decide("r0", "trash")
    assert again.progress().left == 3
    session.undo()
    assert again.progress().left == 4
    assert shown(again, session) == ["r0", "r2", "r1", "r3"]


def test_disputes_are_shown_to_whoever_settles_them() -> None:
    session = Session(plain(4))
    session.decide("r1", "keep")
    session.decide("r1", "trash", "bob")
    assert session.queue(reviewer="cy", decisions=("disputed",)).ids.tolist() == ["r1"]
    ann = session.queue(decisions=("disputed",))
    assert shown(ann, session) == ["r1"]


def test_places_stay_and_rows_can_be_gone_to() -> None:
    session = Session(plain(6))
    queue = session.queue(classes=("birch",), decisions=("none",))
    assert len(queue) == 3
    session.decide("r1")
    assert [queue.place(row) for row in ("r1", "r3", "r0")] == [0, 1, None]
    assert queue.at(2) == "r5"
    assert [queue.previous(row) for row in ("r3", "r1", "r0")] == ["r1", None, None]
    assert queue.next("r0") == "r3"  # not of this queue: as if resumed
    with pytest.raises(DataError, match='no row with the id "r9"'):
        queue.place("r9")
    with pytest.raises(EvenhandError, match='no order of review named "klass"'):
        session.queue("klass")


def test_progress_counts_classes_and_kinds(make_rows: Rows) -> None:
    session = Session(make_rows([[1, 1, 0], [0, 1, 0], [0, 0, 0], [1, 0, 0]]))
    queue = session.queue()
    for row, kind in (("r0", "relabel"), ("r2", "trash"), ("r3", "keep"), ("elsewhere", "keep")):
        session.decide(row, kind)
    found = queue.progress()
    assert (found.total, found.decided, found.left) == (4, 3, 1)
    assert found.kinds == {"keep": 1, "relabel": 1, "trash": 1, "unsure": 0}
    lines = found.classes[["class", "rows", "decided", "relabel"]].to_numpy().tolist()
    assert lines == [["ash", 2, 2, 1], ["birch", 2, 1, 1], ["", 1, 1, 0]]
    assert found.document()["classes"][0]["keep"] == 1
    assert sum(found.document()["kinds"].values()) == found.decided


def test_a_queue_without_rows_is_empty() -> None:
    session = Session(plain(2))
    queue = session.queue(decisions=("trash",))
    assert (len(queue), queue.next(), queue.progress().total) == (0, None, 0)


def test_a_decision_costs_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(plain(50))
    queue = session.queue()
    asked: list[str] = []
    of = session.state.of

    def counted(reviewer: str, row: str) -> Event | None:
        asked.append(row)
        return of(reviewer, row)

    monkeypatch.setattr(session.state, "of", counted)
    row = queue.next()
    for _ in range(20):
        assert row is not None
        session.decide(row)
        row = queue.next(row)
        queue.progress()
    assert len(asked) == 20


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from(["ann", "bob"]), st.integers(0, 9), st.booleans()), max_size=12))
def test_what_is_left_is_what_the_state_has_not(steps: list[tuple[str, int, bool]]) -> None:
    session = Session(plain(8))  # rows 8 and 9 are of other data
    queues = [session.queue("random"), session.queue(reviewer="bob"), session.queue(classes=("ash",))]
    for reviewer, row, back in steps:
        if back:
            session.undo(reviewer)
        else:
            session.decide(f"r{row}", reviewer=reviewer)
        for queue in queues:
            left = [str(one) for one in queue.ids if session.state.of(queue.reviewer, one) is None]
            behind = [one for one in left if one != queue.at(0)]
            assert queue.upcoming(10, queue.at(0)) == behind
            assert (queue.next() in left) if left else queue.next() is None
    for queue in queues:
        fresh = Queue(session.rows, queue.order, queue.filters, session.state, queue.reviewer)
        assert fresh.upcoming(10) == queue.upcoming(10)
        assert fresh.progress().document() == queue.progress().document()
