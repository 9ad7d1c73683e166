"""All output to standard output and error goes through here, and is printed literally.

Markup, emoji codes and escape sequences in names of classes, groups and files are text like any other; characters
that the output cannot encode are escaped. No other module of `cli` prints, or uses Rich's console and tables.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import sys
from collections.abc import Iterable
from typing import Any

from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.containers import Lines
from rich.table import Table as RichTable
from rich.text import Text

from evenhand.base.text.escaping import printable, printable_lines

_TOKEN = re.compile(r"[\[(]?[-+]?[\d.,]*\d|[^\W\d_]+\s*|.\s*|\s+", re.DOTALL)
"""Units that stay on one line when a name is wrapped: numbers, words, single symbols."""


class Out(Console):
    """Standard output or error; strings are printed literally, without markup."""

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, soft_wrap=True, **options)

    def on_broken_pipe(self) -> None:
        """Raise, as writing does: Rich would end the program with 1, which means findings."""
        raise BrokenPipeError(errno.EPIPE, "the reader of the output has gone")

    def print(self, *objects: Any, **options: Any) -> None:
        """Print objects, strings among them as `literal`."""
        super().print(*(literal(one) if type(one) is str else one for one in objects), **options)


class Table(RichTable):
    """A table whose strings are printed literally; names wrap between words, never within a number."""

    def __init__(self, columns: Iterable[str] = (), *, right: Iterable[int] = (), **options: Any) -> None:
        title = options.pop("title", None)
        style = options.pop("title_style", "bold")
        super().__init__(title=None if title is None else cell(title), title_style=style, **options)
        self.title_justify = "left"
        aligned = set(right)
        for position, name in enumerate(columns):
            self.add_column(name, justify="right" if position in aligned else "left")

    def add_column(self, header: Any = "", footer: Any = "", **options: Any) -> None:
        """Add a column; its header is printed literally."""
        super().add_column(cell(header), cell(footer), **{"overflow": "fold", **options})

    def add_row(self, *cells: Any, **options: Any) -> None:
        """Add a row; its strings are printed literally."""
        super().add_row(*(cell(one) for one in cells), **options)


class _Cell(Text):
    """A text that wraps between words and symbols; strings that are added to it are printed literally."""

    def __add__(self, other: str | Text) -> Text:
        return super().__add__(literal(other) if isinstance(other, str) else other)

    def append(self, text: str | Text, style: Any = None) -> Text:
        """Append a text; a string is printed literally."""
        return super().append(literal(text).plain if isinstance(text, str) else text, style)

    def wrap(self, console: Console, width: int, **options: Any) -> Lines:
        if options.get("no_wrap") or cell_len(self.plain) <= width:
            return super().wrap(console, width, **options)
        lines = Lines(self.divide(_breaks(self.plain, width)))
        for line in lines:
            line.rstrip()
        if justify := options.get("justify") or self.justify:
            lines.justify(console, width, justify=justify, overflow="fold")
        return lines


def _breaks(text: str, width: int) -> list[int]:
    """Return the positions at which a text is broken into lines of at most `width` columns."""
    breaks, at, filled = [], 0, 0
    # Rich breaks at spaces only, or anywhere: a number cut in two would be read as two.
    for token in _TOKEN.findall(text):
        wide = cell_len(token.rstrip())
        if filled and filled + wide > width:
            breaks.append(at)
            filled = 0
        parts = chop_cells(token, max(1, width)) if wide > width else [token]
        for part in parts[:-1]:
            at += len(part)
            breaks.append(at)
        at += len(parts[-1])
        filled += cell_len(parts[-1]) if len(parts) == 1 else cell_len(parts[-1]) - filled
    return breaks


def literal(text: object, style: str = "") -> Text:
    """Return a literal text in a style; it may have several lines."""
    return _Cell(_encodable(printable_lines(str(text))), style=style)


def cell(text: Any, style: str = "") -> Any:
    """Return a string as a literal text for a cell; other values (texts, tables) are returned unchanged."""
    return _Cell(_encodable(printable(text)), style=style) if isinstance(text, str) else text


def print_line(text: object) -> None:
    """Print a line on standard output."""
    _write(sys.stdout, printable_lines(str(text)))


def print_error(text: object) -> None:
    """Print a line on standard error."""
    _write(sys.stderr, printable_lines(str(text)))


def print_at_once(text: str) -> None:
    """Print a line on standard error past all buffers, as a signal may have interrupted a `print`."""
    with contextlib.suppress(OSError, ValueError):
        os.write(2, f"{text}\n".encode())


def print_json(document: Any, *, indent: int | None = 1) -> None:
    """Print one JSON document, with every name unchanged."""
    from evenhand.base.storage.files.atomic import to_json

    text = to_json(document, indent=indent)
    if not _can_encode(sys.stdout, text):
        # JSON has escapes of its own: with Python's "backslashreplace" the document could not be read back.
        text = re.sub(r"[^\x00-\x7f]", lambda char: json.dumps(char[0])[1:-1], text)
    sys.stdout.write(f"{text}\n")


def print_json_line(document: Any) -> None:
    """Print a JSON document on one line, at once: whoever reads the other end of a pipe waits for it."""
    print_json(document, indent=None)
    sys.stdout.flush()


def _write(stream: Any, text: str) -> None:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text if _can_encode(stream, text) else text.encode(encoding, "backslashreplace").decode(encoding))
    stream.write("\n")
    stream.flush()


def _encodable(text: str) -> str:
    """Return a text with the characters that standard output cannot encode escaped, before columns are aligned."""
    if text.isascii() or _can_encode(sys.stdout, text):
        return text
    encoding = sys.stdout.encoding
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _can_encode(stream: Any, text: str) -> bool:
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True
