"""Escaping of names for display: on a terminal, on a page, in a chart, in a table for spreadsheets.

Only the display is changed. Records, JSON and tables hold the exact names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

LONGEST_LABEL = 40
"""Most characters of a name in a chart; longer names are shortened in the middle."""

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_KEPT = frozenset("\u200c\u200d\u06dd\u070f\u08e2\U000110bd\U000110cd") | {chr(c) for c in range(0x0600, 0x0606)}
"""Format characters that scripts need: joiners (Persian, Indic scripts, emoji) and signs around Arabic numbers."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def printable(text: str) -> str:
    r"""Return text with invisible characters and direction overrides escaped, so that no terminal or page obeys it.

    Line breaks are escaped too. Control characters, surrogates for undecodable bytes of file names and code points
    that are not characters are written as Python escapes.

    >>> printable("a\x1b[31m\u202e\n")
    'a\\x1b[31m\\u202e\\n'
    """
    return text if text.isascii() and text.isprintable() else "".join(_escaped(text))


def printable_lines(text: str) -> str:
    r"""Return `printable` text with line breaks and tabs kept, for messages and configurations.

    >>> printable_lines("a\n\x07b")
    'a\n\\x07b'
    """
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join("\t".join(map(printable, line.split("\t"))) for line in lines)


def _escaped(text: str) -> Iterator[str]:
    for char in text:
        hidden = unicodedata.category(char) in _INVISIBLE and char not in _KEPT
        yield char.encode("unicode_escape").decode("ascii") if hidden or _no_character(char) else char


def _no_character(char: str) -> bool:
    """Return whether a code point is a Unicode noncharacter (U+FFFE, U+FDD0, …)."""
    code = ord(char)
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


def chart_labels(names: Iterable[str], *, longest: int = LONGEST_LABEL) -> dict[str, str]:
    r"""Return name -> its label in a chart: `printable`, shortened to `longest` characters, unique by a number.

    >>> chart_labels(["a\0", "a\\x00", "b" * 30 + "c" * 30])["b" * 30 + "c" * 30]
    'bbbbbbbbbbbbbbbbbbbbbbbb…ccccccccccccccc'
    >>> chart_labels(["a\0", "a\\x00"])
    {'a\\x00': 'a\\x00', 'a\x00': 'a\\x00 (2)'}
    """
    wanted = {name: _short(printable(name), longest) for name in names}
    out: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(
        wanted, key=lambda name: wanted[name] != name
    ):  # unchanged names come first and get no number
        label, again = wanted[name], 1
        while label in taken:
            again += 1
            label = f"{wanted[name]} ({again})"
        taken.add(label)
        out[name] = label
    return out


def _short(text: str, longest: int) -> str:
    tail = longest * 3 // 8
    return text if len(text) <= longest else f"{text[: longest - tail - 1]}…{text[-tail:]}"


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet would read a cell as a formula rather than as text.

    >>> [is_formula(cell) for cell in ("=1+1", "@SUM(A1)", "-x", "-1.5", "a=b")]
    [True, True, True, False, False]
    """
    return text.startswith(_FORMULA) and not _NUMBER.fullmatch(text)


def spreadsheet_cell(text: str) -> str:
    """Return a cell that a spreadsheet shows as text: formulas get a leading apostrophe.

    >>> spreadsheet_cell("=1+1"), spreadsheet_cell("rose")
    ("'=1+1", 'rose')
    """
    return f"'{text}" if is_formula(text) else text
