"""The line of each key of a TOML text: TOML parsers return values without lines, but messages need the line."""

from __future__ import annotations

import re

Key = tuple[int | str, ...]

_PART = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")


def key_lines(text: str) -> dict[Key, int]:
    r"""Return the 1-based line of each table header and key of a valid TOML text.

    Elements of an array of tables are numbered: ("model", 0, "head").

    >>> key_lines('[train]\nepochs = 5\n[[model]]\nname = "a"')
    {('train',): 1, ('train', 'epochs'): 2, ('model', 0): 3, ('model', 0, 'name'): 4}
    """
    lines: dict[Key, int] = {}
    counts: dict[Key, int] = {}
    table: Key = ()
    quote, depth = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        inside = bool(quote) or depth > 0
        bare = line.strip()
        if not inside and bare.startswith("[["):
            path = _resolve(_parts(bare[2:]), counts)
            index = counts.get(path, -1) + 1
            counts[path] = index
            table = (*path, index)
            lines[table] = number
        elif not inside and bare.startswith("["):
            table = _resolve(_parts(bare[1:]), counts)
            lines.setdefault(table, number)
        elif bare and not bare.startswith("#"):
            if not inside:
                parts = _parts(bare)
                for end in range(1, len(parts) + 1):
                    lines.setdefault((*table, *parts[:end]), number)
            quote, depth = _scan(bare if inside else bare.partition("=")[2], quote, depth)
    return lines


def _resolve(path: Key, counts: dict[Key, int]) -> Key:
    """Put the current index after each array of tables on the way."""
    out: Key = ()
    for position, part in enumerate(path):
        out = (*out, part)
        if out in counts and position < len(path) - 1:
            out = (*out, counts[out])
    return out


def _parts(text: str) -> Key:
    parts: list[str] = []
    at = 0
    while match := _PART.match(text, at):
        parts.append(next(group for group in match.groups() if group is not None))
        at = match.end()
        if at >= len(text) or text[at] != ".":
            break
        at += 1
    return tuple(parts)


def _scan(text: str, quote: str, depth: int) -> tuple[str, int]:
    """Return the multi-line string delimiter and the depth of brackets that are open at the end of a line."""
    at = 0
    while at < len(text):
        if quote:
            if text[at] == "\\" and quote[0] == '"':  # literal strings ('…') have no escapes
                at += 2
                continue
            if text.startswith(quote, at):
                at += len(quote)
                quote = ""
                continue
        elif text[at] == "#":
            break
        elif text[at] in "\"'":
            quote = text[at] * 3 if text.startswith(text[at] * 3, at) else text[at]
            at += len(quote)
            continue
        elif text[at] in "[{":
            depth += 1
        elif text[at] in "]}":
            depth -= 1
        at += 1
    return (quote if len(quote) == 3 else ""), depth  # only triple quotes may span lines
