"""Two reviewers in three tabs: each tab a review of its own on one log, as two servers or two processes have."""

from __future__ import annotations

import errno
import os
import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from evenhand.base.errors import DataError
from evenhand.review.log.event import Event
from evenhand.review.log.live_review import LiveReview
from evenhand.review.log.replay import replay

ROWS = [f"r{n}" for n in range(6)]
CLASSES = "abc"
Plain = dict[str, tuple[str, ...]]


class PlainReviewer:
    """A reviewer in memory: the whole table of decisions after each step, so that a step back is an index less."""

    def __init__(self) -> None:
        self.tables: list[Plain] = [{}]
        self.at = 0

    def decide(self, row: str, outcome: tuple[str, ...]) -> None:
        self.tables[self.at + 1 :] = [{**self.tables[self.at], row: outcome}]
        self.at += 1

    def step(self, by: int) -> bool:
        if not 0 <= self.at + by < len(self.tables):
            return False
        self.at += by
        return True


def one_sequence(path: Path, rng: random.Random, steps: int) -> None:
    tabs = [("ann", LiveReview(path)), ("ann", LiveReview(path)), ("bob", LiveReview(path))]
    plain = {"ann": PlainReviewer(), "bob": PlainReviewer()}
    notes: dict[str, dict[str, str]] = {row: {} for row in ROWS}
    for _ in range(steps):
        reviewer, tab = rng.choice(tabs)
        row, what = (
            rng.choice(ROWS),
            rng.choice(["decide", "decide", "decide", "undo", "undo", "redo", "note", "twice"]),
        )
        if what in ("decide", "twice"):
            kind, to = rng.choice(["keep", "relabel", "trash", "unsure"]), rng.choice(CLASSES)
            event = Event.new(kind, reviewer, row, ["a"], **({"to": [to]} if kind == "relabel" else {}))
            assert tab.add(event)
            if what == "twice":
                assert not rng.choice(tabs)[1].add(event)
            label = ("label", "a") if kind == "keep" else ("label", to)
            plain[reviewer].decide(row, (kind,) if kind in ("trash", "unsure") else label)
        elif what == "note":
            text = rng.choice(["", "x", "y"])
            tab.add(Event.new("note", reviewer, row, note=text))
            notes[row] |= {reviewer: text}
        else:
            step, by = (tab.undo, -1) if what == "undo" else (tab.redo, 1)
            assert (step(reviewer) is not None) == plain[reviewer].step(by)
    state = replay(LiveReview(path).log.events()[0])
    for _, tab in tabs:
        tab.refresh()
        assert tab.state == state
    for row in ROWS:
        found = {name: (event.outcome[0], *event.outcome[1]) for name, event in state.by_reviewer(row).items()}
        expected = {name: one.tables[one.at][row] for name, one in plain.items() if row in one.tables[one.at]}
        assert found == expected
        assert (row in state.disputed) == (len(set(expected.values())) > 1)
        assert state.notes(row) == {name: text for name, text in notes[row].items() if text}


@pytest.mark.usefixtures("without_waiting_for_the_disk")
def test_random_sequences_in_three_tabs_equal_a_plain_model(tmp_path: Path) -> None:
    for number in range(24):
        one_sequence(tmp_path / f"{number}.jsonl", random.Random(number), steps=25)


@pytest.mark.slow
@pytest.mark.usefixtures("without_waiting_for_the_disk")
def test_a_thousand_random_sequences_in_three_tabs_equal_a_plain_model(
    tmp_path: Path, size: Callable[[int, int], int]
) -> None:
    for number in range(size(50, 1000)):
        one_sequence(tmp_path / f"{number}.jsonl", random.Random(1000 + number), steps=40)


def test_tabs_that_undo_at_once_take_back_one_decision_each(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    tabs = [LiveReview(path) for _ in range(3)]
    for row in ROWS:
        tabs[0].add(Event.new("trash", "ann", row))
    threads = [threading.Thread(target=tab.undo, args=("ann",)) for tab in tabs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tabs[0].refresh()
    assert list(tabs[0].state.rows_of("ann")) == ROWS[:3]


def test_one_review_serves_threads(tmp_path: Path) -> None:
    review = LiveReview(tmp_path / "decisions.jsonl")

    def decide(name: str) -> None:
        for row in ROWS:
            review.add(Event.new("keep", name, row))

    threads = [threading.Thread(target=decide, args=(name,)) for name in ("ann", "bob", "cy")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(review.state) == 18
    assert review.state.reviewers == ("ann", "bob", "cy")


def test_an_undo_that_is_sent_twice_takes_back_one_decision(tmp_path: Path) -> None:
    review = LiveReview(tmp_path / "decisions.jsonl")
    review.add(Event.new("keep", "ann", "r1"))
    review.add(last := Event.new("trash", "ann", "r2"))
    sent = "f" * 32
    first = review.undo("ann", sent)
    assert first is not None
    assert first.target == last.event
    assert review.undo("ann", sent) == first
    assert review.undo("bob") is None
    assert set(review.state.rows()) == {"r1"}
    with pytest.raises(DataError, match="in the log already, as undo of ann"):
        review.redo("ann", sent)


def test_what_another_tab_wrote_is_returned_by_refresh(tmp_path: Path) -> None:
    one, two = LiveReview(tmp_path / "decisions.jsonl"), LiveReview(tmp_path / "decisions.jsonl")
    one.add(event := Event.new("keep", "ann", "r1"))
    assert two.refresh() == [event]
    assert two.refresh() == []


def test_an_undo_that_the_disk_did_not_confirm_is_on_disk_when_it_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    review, id = LiveReview(tmp_path / "decisions.jsonl"), "a" * 32
    review.add(Event.new("keep", "ann", "r0", ("a",)))

    def refused(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch, pytest.raises(DataError, match="could not be written"):
        patch.setattr(os, "fsync", refused)
        review.undo("ann", id)
    undone = review.undo("ann", id)
    assert undone is not None
    assert review.log.path.read_bytes().count(id.encode()) == 2
    assert review.undo("ann") is None, "one decision was taken back"
