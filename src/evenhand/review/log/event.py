"""An event of a review, a line of its log: one decision, note, undo or redo (docs/reference/review.md)."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NoReturn

from evenhand.base.errors import DataError
from evenhand.base.storage.files.atomic import to_json

_ID = re.compile(r"[0-9a-f]{32}")

DECISIONS = ("keep", "relabel", "trash", "unsure")
"""Kinds that decide about a row."""
KINDS = (*DECISIONS, "note", "undo", "redo")
LONGEST_NAME = 200
"""Characters of the name of a reviewer or an order."""
LONGEST_NOTE = 10_000
"""Characters of a note."""
LONGEST_TEXT = 10_000
"""Characters of the id of a row, and of the name of a class."""
LONGEST_TIME = 1e9
"""Seconds spent on a row."""

Outcome = tuple[str, tuple[str, ...]]
"""What comes of a decision: ("label", classes in sorted order), ("trash", ()) or ("unsure", ())."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a reviewer saw when deciding.

    Attributes
    ----------
    order
        Name of the order in which rows were shown.
    view
        "card" (one row) or "grid".
    suggestion
        The classes that the model suggested, on a blind row those that were withheld; None where it has none.
    probability
        The probability of the suggestion, 0..1, or None.
    source
        Where the probability comes from: "out_of_fold", "fold_ensemble", "in_sample"; None where there is none.
    blind
        Whether the row was drawn for the blind share, in which a suggestion is never shown.
    planted
        Whether the row was planted: its true class is known.
    """

    order: str = ""
    view: str = "card"
    suggestion: tuple[str, ...] | None = None
    probability: float | None = None
    source: str | None = None
    blind: bool = False
    planted: bool = False

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {
            "order": self.order,
            "view": self.view,
            "suggestion": None if self.suggestion is None else list(self.suggestion),
            "probability": self.probability,
            "source": self.source,
            "blind": self.blind,
            "planted": self.planted,
        }


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `of` reads and checks one, `new` makes one with an id and the time of now.

    Attributes
    ----------
    event
        Its id: 32 lower-case hexadecimal digits.
    at
        When, ISO 8601 in UTC, as in "2026-11-26T20:06:03.123Z". Replay does not depend on it: clocks differ.
    reviewer
        Who.
    kind
        One of `KINDS`.
    row
        The id of the row; of an undo or redo, that of its target.
    from_
        The classes that the row had ("from" in JSON); empty for none.
    to
        Of a relabelling, the classes that it gets; of other kinds None.
    note
        A note; one of kind "note" with an empty text removes the reviewer's note.
    target
        Of an undo or redo, the id of the decision that is taken back or made again; of other kinds None.
    seconds
        Time spent on the row, or None.
    shown
        What was on the screen, or None.
    resolves
        Whether it is a decision that settles a dispute between reviewers.
    """

    event: str
    at: str
    reviewer: str
    kind: str
    row: str
    from_: tuple[str, ...] = ()
    to: tuple[str, ...] | None = None
    note: str | None = None
    target: str | None = None
    seconds: float | None = None
    shown: Shown | None = None
    resolves: bool = False

    @classmethod
    def new(cls, kind: str, reviewer: str, row: str, from_: Sequence[str] = (), **more: Any) -> Event:
        """Return a checked event with an id of its own and the time of now; `more` are further attributes.

        Raises
        ------
        DataError
            As `of` does.
        """
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        shown = more.pop("shown", None)
        values = {"event": uuid.uuid4().hex, "at": now, "reviewer": reviewer, "kind": kind, "row": row, **more}
        return cls.of({**values, "from": from_, "shown": shown.document() if isinstance(shown, Shown) else shown})

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Event:
        """Return the event that plain values hold. Keys that are not known here are left out.

        Raises
        ------
        DataError
            If a value is missing or not what it has to be; the text says which, what it is and what is allowed.
        """
        if not isinstance(document, Mapping):
            _refuse("the line", document, "an object with the keys event, at, reviewer, kind and row")
        kind = document.get("kind")
        if not isinstance(kind, str) or kind not in KINDS:
            _refuse("kind", kind, ", ".join(KINDS))
        steps_back = kind in ("undo", "redo")
        if not steps_back and document.get("target") is not None:
            _refuse("target", document["target"], f"null where the kind is {kind}")
        if kind != "relabel" and document.get("to") is not None:
            _refuse("to", document["to"], f"null where the kind is {kind}")
        if document.get("resolves") and kind not in DECISIONS:
            _refuse("resolves", document["resolves"], f"false where the kind is {kind}")
        note = document.get("note")
        if note is not None or kind == "note":
            note = _text("note", note, 0, LONGEST_NOTE)
        return cls(
            event=event_id(document.get("event")),
            at=_time(document.get("at")),
            reviewer=_name("reviewer", document.get("reviewer")),
            kind=kind,
            row=_text("row", document.get("row"), 1, LONGEST_TEXT),
            from_=_classes("from", document.get("from", ())),
            to=_classes("to", document.get("to")) if kind == "relabel" else None,
            note=note,
            target=event_id(document.get("target"), "target") if steps_back else None,
            seconds=_number("seconds", document.get("seconds"), LONGEST_TIME),
            shown=_shown(document.get("shown")),
            resolves=_flag("resolves", document.get("resolves", False)),
        )

    @classmethod
    def of_line(cls, line: bytes | str) -> Event:
        """Return the event of a line of the log.

        Raises
        ------
        DataError
            If the line is not JSON, or not an event.
        """
        try:
            document = _json(line)
        except (ValueError, RecursionError):  # JSON and UTF-8 both raise kinds of ValueError
            raise DataError("it is not JSON") from None
        return cls.of(document)

    def document(self) -> dict[str, Any]:
        """Return it as plain values, with the keys of the log."""
        return {
            "event": self.event,
            "at": self.at,
            "reviewer": self.reviewer,
            "kind": self.kind,
            "row": self.row,
            "from": list(self.from_),
            "to": None if self.to is None else list(self.to),
            "note": self.note,
            "target": self.target,
            "seconds": self.seconds,
            "shown": None if self.shown is None else self.shown.document(),
            **({"resolves": True} if self.resolves else {}),
        }

    def to_json(self) -> str:
        """Return it as one line of JSON, without a line feed."""
        return to_json(self.document())

    @property
    def decides(self) -> bool:
        """Whether it decides about a row."""
        return self.kind in DECISIONS

    @property
    def outcome(self) -> Outcome:
        """What comes of the decision: keeping a class and relabelling to it are the same."""
        if self.kind in ("trash", "unsure"):
            return self.kind, ()
        return "label", tuple(sorted(self.from_ if self.to is None else self.to))


def _json(line: bytes | str) -> Any:
    try:
        # Nearly all lines are UTF-8: to find that out costs as much again as to read them.
        return json.loads(line.decode() if isinstance(line, bytes) else line)
    except ValueError:
        return json.loads(line)


def _refuse(key: str, found: object, allowed: str) -> NoReturn:
    text = repr(found)
    shown = text if len(text) <= 80 else f"{text[:77]}..."
    raise DataError(f"An event of the review cannot be read: {key} is {shown}; allowed is {allowed}.")


def _text(key: str, value: object, shortest: int, longest: int) -> str:
    if not isinstance(value, str) or not shortest <= len(value) <= longest:
        _refuse(key, value, f"a text of {shortest} to {longest:,} characters")
    return value


def _name(key: str, value: object) -> str:
    text = _text(key, value, 1, LONGEST_NAME)
    if not text.isprintable() or text != text.strip():
        _refuse(key, value, "printable characters without a blank at either end")
    return text


def event_id(value: object, key: str = "event") -> str:
    """Return the id of an event as the log has it: 32 lower-case hexadecimal digits of a UUID.

    Raises
    ------
    DataError
        If it is not a UUID.
    """
    if isinstance(value, str):
        if _ID.fullmatch(value):
            return value
        try:
            return uuid.UUID(value).hex  # browsers write it with hyphens
        except ValueError:
            pass
    _refuse(key, value, "a UUID of 32 hexadecimal digits")


def _time(value: object) -> str:
    try:
        if isinstance(value, str) and datetime.fromisoformat(value).utcoffset() == timedelta(0):
            return value
    except ValueError:
        pass
    _refuse("at", value, "a time in UTC like 2026-11-26T20:06:03Z")


def _classes(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(one, str) for one in value):
        _refuse(key, value, "a list of class names")
    return _class_names(key, tuple(value))


@lru_cache(4096)
def _class_names(key: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of classes, checked; a log of a hundred thousand lines holds the same few over and over."""
    if len(set(names)) < len(names):
        _refuse(key, list(names), "a list that names each class once")
    return tuple(_text(key, one, 1, LONGEST_TEXT) for one in names)


def _number(key: str, value: object, most: float) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= most:
        _refuse(key, value, f"a number from 0 to {most:g}")
    return float(value)


def _flag(key: str, value: object) -> bool:
    if not isinstance(value, bool):
        _refuse(key, value, "true or false")
    return value


def _shown(value: object) -> Shown | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        _refuse("shown", value, "an object or null")
    view, suggestion, source = value.get("view", "card"), value.get("suggestion"), value.get("source")
    if view not in ("card", "grid"):
        _refuse("shown.view", view, "card or grid")
    return Shown(
        order=_text("shown.order", value.get("order", ""), 0, LONGEST_NAME),
        view=view,
        suggestion=None if suggestion is None else _classes("shown.suggestion", suggestion),
        probability=_number("shown.probability", value.get("probability"), 1.0),
        source=None if source is None else _text("shown.source", source, 0, LONGEST_NAME),
        blind=_flag("shown.blind", value.get("blind", False)),
        planted=_flag("shown.planted", value.get("planted", False)),
    )
