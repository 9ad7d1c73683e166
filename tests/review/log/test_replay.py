"""Replay: undo and redo without end over rows, tabs and reviewers, disputes, and events that come twice."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.review.log.event import Event, Shown
from evenhand.review.log.replay import ReviewState, replay

ROWS = ("r1", "r2", "r3")
CHOICES = ("keep", "trash", "unsure", "relabel")


def decision(reviewer: str, row: str = "r1", kind: str = "keep", to: str = "", **more: object) -> Event:
    return Event.new("relabel" if to else kind, reviewer, row, ["a"], **({"to": [to]} if to else {}), **more)


def step_back(kind: str, target: Event) -> Event:
    return Event.new(kind, target.reviewer, target.row, target=target.event)


def test_undo_takes_back_over_all_rows_and_redo_makes_again() -> None:
    one, two = decision("ann", "r1"), decision("ann", "r2", "trash")
    state = replay([one, two])
    assert state.latest("ann") == [two, one]
    assert state.undo_target("ann") == two
    state.apply(step_back("undo", two))
    assert (state.decision("r2"), state.undo_target("ann"), state.redo_target("ann")) == (None, one, two)
    state.apply(step_back("undo", one))
    assert list(state.rows()) == []
    assert state.reviewers == ()
    state.apply(step_back("redo", one))
    state.apply(step_back("redo", two))
    assert state.latest("ann", 1) == [two]
    assert state.redo_target("ann") is None


def test_undoing_a_second_decision_on_a_row_brings_the_first_back() -> None:
    first, second = decision("ann"), decision("ann", to="b")
    state = replay([first, second])
    assert state.of("ann", "r1") == second
    state.apply(step_back("undo", second))
    assert state.of("ann", "r1") == first


def test_a_new_decision_ends_what_could_be_redone_of_that_reviewer_alone() -> None:
    ann, bob = decision("ann"), decision("bob", "r2")
    state = replay([ann, bob, step_back("undo", ann), step_back("undo", bob), decision("ann", "r3")])
    assert state.redo_target("ann") is None
    assert state.redo_target("bob") == bob


def test_reviewers_who_differ_dispute_a_row_until_one_resolves_it() -> None:
    keep, trash = decision("ann"), decision("bob", kind="trash")
    state = replay([keep, trash])
    assert state.disputed == {"r1"}
    assert state.decision("r1") is None
    assert set(state.by_reviewer("r1")) == {"ann", "bob"}

    verdict = decision("cy", kind="trash", resolves=True)
    state.apply(verdict)
    found = state.decision("r1")
    assert found is not None
    assert (found.kind, found.reviewers, found.resolved, state.disputed) == ("trash", ("bob", "cy"), True, set())

    later = decision("ann", to="c")
    state.apply(later)
    assert state.disputed == {"r1"}, "a decision after the verdict that differs opens the dispute again"
    state.apply(step_back("undo", later))
    assert state.disputed == set()
    state.apply(step_back("undo", verdict))
    assert state.disputed == {"r1"}


def test_reviewers_who_come_to_the_same_agree_in_different_ways() -> None:
    state = replay([decision("bob"), Event.new("relabel", "ann", "r1", ["x"], to=["a"])])
    found = state.decision("r1")
    assert found is not None
    assert (found.reviewers, found.outcome) == (("ann", "bob"), ("label", ("a",)))
    assert state.decided == {"r1": found}


def test_a_reviewer_who_changes_the_verdict_replaces_it() -> None:
    state = replay(
        [
            decision("ann"),
            decision("bob", kind="trash", resolves=True),
            decision("bob", kind="unsure"),
            decision("ann"),
        ]
    )
    assert state.disputed == {"r1"}


def test_notes_stand_beside_decisions_and_an_empty_one_removes_them() -> None:
    note = Event.new("note", "ann", "r1", note="blurred")
    state = replay([decision("ann"), note])
    assert state.notes("r1") == {"ann": "blurred"}
    target = state.undo_target("ann")
    assert target is not None
    assert target.kind == "keep"
    assert state.apply(Event.new("note", "ann", "r1", note=""))
    assert state.notes("r1") == {}
    assert not state.apply(Event.new("note", "bob", "r9", note=""))


def test_steps_back_without_a_target_that_is_there_change_nothing() -> None:
    ann, bob = decision("ann"), decision("bob", "r2")
    undo = step_back("undo", ann)
    state = replay([ann, bob, undo])
    assert not state.apply(step_back("undo", ann)), "taken back already"
    assert not state.apply(Event.new("undo", "ann", "r2", target=bob.event)), "of another reviewer"
    assert not state.apply(Event.new("undo", "ann", "r1", target="f" * 32)), "never heard of"
    assert not state.apply(Event.new("redo", "bob", "r2", target=bob.event)), "not taken back"
    assert not state.apply(undo), "sent twice"
    assert state.event(ann.event) == ann
    assert state.since(1)[:2] == [bob, undo]
    assert state.since(len(state)) == []
    assert set(state.rows_of("bob")) == {"r2"}
    assert set(state.rows_of("ann")) == set()


class Model:
    """Reviews as two plain lists of a reviewer: what is done, with what was there before, and what is undone."""

    def __init__(self) -> None:
        self.done: dict[str, list[Event]] = {}
        self.undone: dict[str, list[Event]] = {}

    def do(self, event: Event) -> None:
        self.done.setdefault(event.reviewer, []).append(event)
        self.undone[event.reviewer] = []

    def move(self, reviewer: str, back: bool) -> Event | None:
        take, give = (self.done, self.undone) if back else (self.undone, self.done)
        if not take.get(reviewer):
            return None
        event = take[reviewer].pop()
        give.setdefault(reviewer, []).append(event)
        return event

    def of(self, reviewer: str, row: str) -> Event | None:
        return next((one for one in reversed(self.done.get(reviewer, [])) if one.row == row), None)


steps = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob"]),
        st.sampled_from(["decide", "decide", "decide", "undo", "undo", "redo", "note", "again"]),
        st.sampled_from(ROWS),
        st.sampled_from(CHOICES),
        st.booleans(),
    ),
    max_size=30,
)


@settings(max_examples=60)
@given(steps, st.randoms(use_true_random=False))
def test_applying_one_by_one_and_replaying_equal_a_plain_model(
    taken: list[tuple[str, str, str, str, bool]], rng: random.Random
) -> None:
    state, model = ReviewState(), Model()
    log: list[Event] = []
    for reviewer, what, row, choice, resolves in taken:
        if what == "decide":
            to = rng.choice("abc") if choice == "relabel" else ""
            event = decision(reviewer, row, choice, to, resolves=resolves)
            model.do(event)
        elif what == "note":
            event = Event.new("note", reviewer, row, note=rng.choice(["", "x"]))
        elif what == "again":
            if not log:
                continue
            event = rng.choice(log)
        else:
            target = model.move(reviewer, back=what == "undo")
            expected = state.undo_target(reviewer) if what == "undo" else state.redo_target(reviewer)
            assert target == expected
            if target is None:
                continue
            event = step_back(what, target)
        state.apply(event)
        log.append(event)
    assert replay(log) == state
    for row in ROWS:
        by = {name: found for name in ("ann", "bob") if (found := model.of(name, row)) is not None}
        assert state.by_reviewer(row) == by
        differ = len({one.outcome for one in by.values()}) > 1
        if not any(one.resolves for one in by.values()):
            assert (row in state.disputed) == differ
        assert (state.decision(row) is None) == (not by or row in state.disputed)


def test_a_decision_on_a_planted_row_can_be_undone_and_does_not_count_for_the_row() -> None:
    real, planted = decision("ann"), decision("ann", to="b", shown=Shown(planted=True))
    state = replay([real, planted, decision("bob")])
    found = state.decision("r1")
    assert found is not None
    assert (found.kind, found.reviewers, state.disputed) == ("keep", ("ann", "bob"), set())
    assert state.of("ann", "r1") == state.undo_target("ann") == state.on_planted("r1")["ann"] == planted
    state.apply(step_back("undo", planted))
    assert state.of("ann", "r1") == real
    assert state.on_planted("r1") == {}


def test_times_do_not_matter() -> None:
    late, early = decision("ann"), replace(decision("ann", to="b"), at="2001-01-01T00:00:00Z")
    assert replay([late, early]).of("ann", "r1") == early
