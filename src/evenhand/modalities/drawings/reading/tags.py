"""Lines of a text DXF to compiled tags of `ezdxf`, in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any

from ezdxf.lldxf.types import BINARY_DATA, POINT_CODES, TYPE_TABLE, DXFBinaryTag, DXFTag, DXFVertex

COMMENT = 999
REPEATED = frozenset({0, 6, 7, 8, 62, 66, 67, 70, 100, 330, 370, 420})
"""Codes whose values occur again and again: types, layers, colours, owners. Each tag of theirs is made once."""

_Pairs = Iterator[tuple[str, str]]


class _Codes(dict[str, int]):
    """The line of a group code -> the code."""

    def __missing__(self, line: str) -> int:
        code = self[line] = int(line)
        return code


def compiled_tags(lines: Iterable[str]) -> Iterator[Any]:
    """Yield the tags that `ascii_tags_loader` and `tag_compiler` of the library make of the lines of a file.

    These make an object of every pair of lines, and then those that are kept. Reading tags takes much of
    the time of a large drawing. Tags cannot be changed, so that equal ones may be one object.

    Raises
    ------
    ValueError
        If a code or a number is not one, or a point has no y: whatever is wrong, recovery is next.
    """
    rest = iter(lines)
    pairs = zip_longest(rest, rest, fillvalue="")
    codes, known = _Codes(), dict[tuple[str, str], DXFTag]()
    for head, line in pairs:
        code = codes[head]
        if not line:  # a code without a value ends a file
            return
        while code in POINT_CODES:
            second = _following(pairs, codes)
            if second is not None and second[0] != code + 10:
                raise ValueError(f"the point of code {code} has no y")
            third = _following(pairs, codes)
            if second is None or third is None:
                return
            if third[0] == code + 20:
                yield DXFVertex(code, (float(line), float(second[2]), float(third[2])))
                break
            yield DXFVertex(code, (float(line), float(second[2])))
            code, head, line = third
        else:
            if code in REPEATED:
                tag = known.get((head, line))
                if tag is None:
                    tag = known[head, line] = _tag(code, line)
                yield tag
                if code == 0 and line.rstrip("\n") == "EOF":
                    return
            elif code != COMMENT:
                yield _tag(code, line)


def _following(pairs: _Pairs, codes: _Codes) -> tuple[int, str, str] | None:
    """Return code and lines of the next tag that is no comment; None at the end."""
    for head, line in pairs:
        if (code := codes[head]) != COMMENT:
            return (code, head, line) if line else None
    return None


def _tag(code: int, line: str) -> DXFTag:
    value = line.rstrip("\n")
    if code in BINARY_DATA:
        binary: DXFTag = DXFBinaryTag.from_string(code, value)
        return binary
    kind = TYPE_TABLE.get(code, str)
    try:
        return DXFTag(code, kind(value) if code else value.strip())
    except ValueError:
        if kind is not int:
            raise
        return DXFTag(code, int(float(value)))  # some programs write whole numbers as 1.0
