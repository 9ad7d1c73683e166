"""The index of a journal by date and by tag, from the text of its entries alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from evenhand.base.text.markdown import markdown_table, markdown_text
from evenhand.pipeline.journal.blocks import Block

_HEADING = re.compile(
    r'^## <a id="([^"\r\n]+)"></a>(\d{4}-\d\d-\d\d \d\d:\d\d|without date) · ([^\r\n]*)', re.MULTILINE
)
_RESULT = re.compile(r"^- \*\*Result:\*\* ([^\r\n]*)", re.MULTILINE)
_TAGS = re.compile(r"^(?:- \*\*Tags:\*\*|Tags:) ([^\r\n]*)", re.MULTILINE | re.IGNORECASE)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


@dataclass(frozen=True)
class Heading:
    """What the index says of an entry: the target of its link, date, name and result (Markdown), and plain tags."""

    target: str
    date: str
    name: str
    result: str
    tags: tuple[str, ...]

    @property
    def order(self) -> tuple[str, str]:
        """What entries are sorted by, newest last; those without a date are the oldest."""
        return ("" if self.date == "without date" else self.date), self.target


def heading_of(entry: Block) -> Heading | None:
    """Return what the index says of an entry; None if a person took its heading away."""
    head = _HEADING.search(entry.made)
    if head is None:
        return None
    result = _RESULT.search(entry.made)
    lines = [*_TAGS.findall(entry.made), *_TAGS.findall(entry.notes)]
    words = [_ESCAPED.sub(r"\1", word).strip() for line in lines for word in line.split(",")]
    tags = dict.fromkeys(word for word in words if word)
    return Heading(head[1], head[2], head[3].strip(), result[1].strip() if result else "", tuple(tags))


def index_lines(entries: Iterable[Block]) -> str:
    """Return the index as Markdown: a table, newest first, then the entries of each tag."""
    heads = [head for head in map(heading_of, entries) if head is not None]
    heads.sort(key=lambda head: head.order, reverse=True)
    rows = [
        [head.date, f"[{head.name}](#{head.target})", head.result, ", ".join(map(markdown_text, head.tags))]
        for head in heads
    ]
    lines = ["## By date", "", *markdown_table(("date", "run", "result", "tags"), rows)]
    tags = sorted({tag for head in heads for tag in head.tags}, key=lambda tag: (tag.casefold(), tag))
    if tags:
        lines += ["", "## By tag", ""]
    for tag in tags:
        links = [f"[{head.date}, {head.name}](#{head.target})" for head in heads if tag in head.tags]
        lines.append(f"- **{markdown_text(tag)}**: {'; '.join(links)}")
    return "\n".join(lines)
