"""Events: what is allowed in one, and that a line of the log gives the same event back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.errors import DataError
from evenhand.review.log.event import KINDS, Event, Shown

ID = "0123456789abcdef0123456789abcdef"
DOCUMENT = {
    "event": ID,
    "at": "2026-11-26T20:06:03Z",
    "reviewer": "ann",
    "kind": "keep",
    "row": "r1",
    "from": ["a"],
}

texts = st.text(min_size=1, max_size=8)
classes = st.lists(texts, unique=True, max_size=3).map(tuple)
shown = st.builds(
    Shown,
    order=st.text(max_size=5),
    view=st.sampled_from(["card", "grid"]),
    suggestion=st.none() | classes,
    probability=st.none() | st.floats(0, 1),
    source=st.none() | st.text(max_size=5),
    blind=st.booleans(),
    planted=st.booleans(),
)


@st.composite
def events(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(KINDS))
    more: dict[str, Any] = {"seconds": draw(st.none() | st.floats(0, 1e6)), "shown": draw(st.none() | shown)}
    if kind == "relabel":
        more["to"] = draw(classes)
    if kind in ("undo", "redo"):
        more["target"] = draw(st.uuids()).hex
    more["note"] = draw(texts) if kind == "note" else draw(st.none() | texts)
    return Event.new(kind, "ann", draw(texts), draw(classes), **more)


@given(events())
def test_a_line_gives_the_same_event_back(event: Event) -> None:
    line = event.to_json().encode()
    assert b"\n" not in line
    assert Event.of_line(line) == event
    assert set(json.loads(line)) >= {
        "event",
        "at",
        "reviewer",
        "kind",
        "row",
        "from",
        "to",
        "note",
        "target",
        "shown",
    }


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "delete"}, "kind is 'delete'; allowed is keep, relabel, trash, unsure, note, undo, redo"),
        ({"kind": ["keep"]}, "kind is"),
        ({"event": "7"}, "event is '7'; allowed is a UUID"),
        ({"at": "yesterday"}, "at is 'yesterday'; allowed is a time in UTC"),
        ({"at": "2026-11-26T20:06:03+02:00"}, "a time in UTC"),
        ({"at": "2026-11-26T20:06:03"}, "a time in UTC"),
        ({"reviewer": ""}, "reviewer is ''; allowed is a text of 1 to 200 characters"),
        ({"reviewer": "a\nb"}, "printable characters"),
        ({"row": None}, "row is None"),
        ({"row": 7}, "row is 7"),
        ({"from": "abc"}, "from is 'abc'; allowed is a list of class names"),
        ({"from": ["a", "a"]}, "names each class once"),
        ({"kind": "relabel"}, "to is None; allowed is a list of class names"),
        ({"to": ["b"]}, "to is ['b']; allowed is null where the kind is keep"),
        ({"kind": "undo"}, "target is None; allowed is a UUID"),
        ({"target": ID}, "allowed is null where the kind is keep"),
        ({"kind": "note"}, "note is None"),
        (
            {"kind": "undo", "target": ID, "resolves": True},
            "resolves is True; allowed is false where the kind is undo",
        ),
        ({"seconds": -1}, "seconds is -1; allowed is a number from 0 to 1e+09"),
        ({"seconds": float("nan")}, "seconds is nan"),
        ({"seconds": 10**400}, "seconds is 1000"),
        ({"seconds": True}, "seconds is True"),
        ({"shown": {"probability": 1.5}}, "shown.probability is 1.5; allowed is a number from 0 to 1"),
        ({"shown": {"view": "list"}}, "shown.view is 'list'; allowed is card or grid"),
        ({"shown": "all"}, "shown is 'all'; allowed is an object or null"),
        ({"shown": {"blind": 1}}, "shown.blind is 1; allowed is true or false"),
    ],
)
def test_what_is_not_allowed_is_refused_by_name(change: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError) as refused:
        Event.of({**DOCUMENT, **change})
    assert words in str(refused.value)
    assert len(str(refused.value)) < 300


def test_ids_of_browsers_are_taken_and_unknown_keys_left_out() -> None:
    event = Event.of({**DOCUMENT, "event": "01234567-89AB-cdef-0123-456789abcdef", "colour": "red"})
    assert event.event == ID
    assert "colour" not in event.document()


def test_keeping_a_class_and_relabelling_to_it_come_to_the_same() -> None:
    one, two = Event.new("keep", "ann", "r", ["b", "a"]), Event.new("relabel", "bob", "r", ["c"], to=["a", "b"])
    assert one.outcome == two.outcome == ("label", ("a", "b"))
    assert Event.new("trash", "ann", "r", ["a"]).outcome == ("trash", ())


@given(st.binary(max_size=40))
def test_any_bytes_are_an_event_or_refused(line: bytes) -> None:
    with pytest.raises(DataError):
        Event.of_line(line)
