"""The parts of a journal that are made: entries and the index, between markers that Markdown does not show.

::

    <!-- evenhand:entry 20261122_101500 run=0f1e2d3c of=9a8b7c6d text=5e4f3a2b -->
    made: rewritten when the record changed, unless a person changed it
    <!-- evenhand:notes 20261122_101500 -->
    a person's own words: never touched
    <!-- /evenhand:notes 20261122_101500 -->
    <!-- /evenhand:entry 20261122_101500 -->

Everything outside the markers is a person's too. A text whose markers are broken is refused, never repaired.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import quote, unquote

from evenhand.base.errors import EvenhandError

ENTRY, NOTES, INDEX = "entry", "notes", "index"
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
"""A line with its end: of Unix, Windows or old Macs."""
_ANY = re.compile(r"\s*<!--\s*/?\s*evenhand\s*:", re.IGNORECASE)
"""What begins a line that is, or was, a marker; within a line it is text, such as a name."""
_MARKER = re.compile(r"\s*<!-- (?P<close>/?)evenhand:(?P<kind>entry|notes|index)(?P<rest>(?: [^\s>]+)*) -->\s*")


class MarkerError(EvenhandError):
    """A journal whose markers are broken."""


@dataclass(frozen=True)
class Block:
    """One made part of a journal.

    Attributes
    ----------
    kind
        "entry" or "index".
    id
        Of an entry; "" for the index.
    start, end
        Where it begins and ends in the text, markers included, without the last line end.
    made
        The text that was made, without markers and notes.
    notes
        The person's part, without its markers.
    marks
        What the first marker holds: `run` (which run), `of` (a hash of what it was made from), `text` (a hash of
        what was made).
    """

    kind: str
    id: str
    start: int
    end: int
    made: str
    notes: str = ""
    marks: dict[str, str] = field(default_factory=dict)

    @property
    def is_edited(self) -> bool:
        """Whether a person changed what was made."""
        return text_hash(self.made) != self.marks.get("text")


def text_hash(text: str) -> str:
    """Return a hash of a text; line ends, spaces before them and blank lines around it do not count."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return short_hash("\n".join(lines).strip())


def short_hash(text: str) -> str:
    """Return eight hexadecimal digits."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()


def entry_text(id: str, made: str, notes: str, *, run: str, of: str, newline: str = "\n") -> str:
    """Return an entry with its markers.

    Parameters
    ----------
    made
        The text, with line feeds.
    notes
        A person's part, taken as it is.
    run, of
        Hashes of which run it is of and of what it was made from.
    newline
        Line end of the markers and the made text.
    """
    name = _quoted(id)
    body = made.strip("\n").replace("\n", newline)
    lines = [
        f"<!-- evenhand:{ENTRY} {name} run={run} of={of} text={text_hash(made)} -->",
        body,
        f"<!-- evenhand:{NOTES} {name} -->",
    ]
    return (
        f"{newline.join(lines)}{notes}<!-- /evenhand:{NOTES} {name} -->{newline}<!-- /evenhand:{ENTRY} {name} -->"
    )


def index_text(made: str, newline: str = "\n") -> str:
    """Return the index with its markers."""
    body = made.strip("\n").replace("\n", newline)
    return newline.join([f"<!-- evenhand:{INDEX} text={text_hash(made)} -->", body, f"<!-- /evenhand:{INDEX} -->"])


def _quoted(id: str) -> str:
    # "--" would end the comment for some readers of Markdown.
    return quote(id, safe="").replace("--", "%2D%2D")


@dataclass
class _Open:
    """A marker that is not closed yet."""

    kind: str
    id: str
    line: int
    start: int
    after: int
    marks: dict[str, str]


def blocks_of(text: str) -> list[Block]:
    """Return the made parts of a journal, in their order.

    Raises
    ------
    MarkerError
        If a marker is broken, stands alone, stands twice or within another; the message names the lines.
    """
    found: list[Block] = []
    outer: _Open | None = None
    inner: _Open | None = None
    notes: tuple[int, int, int, int] | None = None  # start and end of the notes with and without their markers
    at = 0
    for number, match in enumerate(_LINE.finditer(text), start=1):
        line, at = match.group(), match.start()
        if not _ANY.match(line):
            continue
        kind, id, closing, marks = _marker(line, number)
        if closing:
            opened = inner or outer
            if opened is None or (opened.kind, opened.id) != (kind, id):
                _refuse(f"line {number} closes a part that is not open there", f"{kind} {id}".strip())
            if opened is inner:
                notes = (inner.start, inner.after, at, match.end())
                inner = None
                continue
            found.append(_block(text, opened, at, match, notes, number))
            outer, notes = None, None
        elif kind == NOTES:
            if outer is None or outer.kind != ENTRY or outer.id != id or inner is not None or notes is not None:
                _refuse(f"line {number} opens notes outside their entry, or again", id)
            # Of the notes, the end of the line of their first marker belongs to the person's part: kept as it is.
            inner = _Open(kind, id, number, at, at + len(line.rstrip("\r\n")), marks)
        else:
            if outer is not None:
                _refuse(f"line {number} begins a part within that of line {outer.line}", f"{kind} {id}".strip())
            if any((block.kind, block.id) == (kind, id) for block in found):
                _refuse(f"line {number} begins a part that is there already", f"{kind} {id}".strip())
            outer = _Open(kind, id, number, at, match.end(), marks)
    if opened := inner or outer:
        _refuse(f"line {opened.line} begins a part that is never closed", f"{opened.kind} {opened.id}".strip())
    return found


def _marker(line: str, number: int) -> tuple[str, str, bool, dict[str, str]]:
    match = _MARKER.fullmatch(line)
    words = match["rest"].split() if match else []
    marks = dict(word.split("=", 1) for word in words if "=" in word)
    names = [word for word in words if "=" not in word]
    if match is None or len(names) != (0 if match["kind"] == INDEX else 1):
        _refuse(f"line {number} holds a marker that is not whole", line.strip()[:60])
    return match["kind"], unquote(names[0]) if names else "", bool(match["close"]), marks


def _block(
    text: str, opened: _Open, at: int, match: re.Match[str], notes: tuple[int, int, int, int] | None, number: int
) -> Block:
    end = match.start() + len(match.group().rstrip("\r\n"))
    if opened.kind == INDEX:
        return Block(INDEX, "", opened.start, end, text[opened.after : at], marks=opened.marks)
    if notes is None:
        _refuse(f"line {number} ends an entry that has lost its notes", opened.id)
    before, begin, stop, after = notes
    made = text[opened.after : before] + text[after:at]
    return Block(ENTRY, opened.id, opened.start, end, made, text[begin:stop], opened.marks)


def _refuse(what: str, about: str) -> NoReturn:
    raise MarkerError(
        f"{what} ({about}). Nothing was written. Each part begins with <!-- evenhand:… --> and ends with "
        "<!-- /evenhand:… -->, alone on their lines: restore them, or remove both."
    )
