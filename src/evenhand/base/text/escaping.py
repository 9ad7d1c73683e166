"""Names of other people made safe to show: on a terminal and a page, in a chart, in a table for spreadsheets.

Only what is shown is changed. Records, JSON and tables hold the exact names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

LONGEST_LABEL = 40
"""Characters of a name that a chart shows; of a longer one, its beginning and its end."""

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_KEPT = frozenset("\u200c\u200d\u06dd\u070f\u08e2\U000110bd\U000110cd") | {chr(c) for c in range(0x0600, 0x0606)}
"""Format characters that writing needs: joiners (Persian, Indic scripts, emoji) and signs around Arabic numbers."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def printable(text: str) -> str:
    r"""Return text that no terminal or page obeys: what is invisible and what turns directions around is escaped.

    Line breaks are escaped, too; escape sequences, stray bytes of file names and what is no character at all become
    what Python writes for them.

    >>> printable("a\x1b[31m\u202e\n")
    'a\\x1b[31m\\u202e\\n'
    """
    return text if text.isascii() and text.isprintable() else "".join(_escaped(text))


def printable_lines(text: str) -> str:
    r"""Return `printable` text that keeps its line breaks and tabs: a message, a configuration.

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
    """Return whether Unicode says that this will never be a character (U+FFFE, U+FDD0, …)."""
    code = ord(char)
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


def chart_labels(names: Iterable[str], *, longest: int = LONGEST_LABEL) -> dict[str, str]:
    r"""Return name -> what a chart writes for it: `printable`, not too long, and no two alike.

    >>> chart_labels(["a\0", "a\\x00", "b" * 30 + "c" * 30])["b" * 30 + "c" * 30]
    'bbbbbbbbbbbbbbbbbbbbbbbb…ccccccccccccccc'
    >>> chart_labels(["a\0", "a\\x00"])
    {'a\\x00': 'a\\x00', 'a\x00': 'a\\x00 (2)'}
    """
    wanted = {name: _short(printable(name), longest) for name in names}
    out: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(wanted, key=lambda name: wanted[name] != name):  # who needs no change keeps its name
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
    """Return a cell that a spreadsheet shows as it is: with an apostrophe before what it would run as a formula.

    >>> spreadsheet_cell("=1+1"), spreadsheet_cell("rose")
    ("'=1+1", 'rose')
    """
    return f"'{text}" if is_formula(text) else text
