"""Notes at the beginning of an annotation file that define how the rest is read: its time resolution, its symbols.

WFDB stores them as annotations of type NOTE at sample 0 whose text begins with "## " (annot(5)). The parser of the
wfdb package loops for ever on such a note that it does not know, misses the time resolution if another annotation
precedes it, and does not recognise text that ends in a zero byte. So they are read here, and the parser gets only
what it can read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from evenhand.base.errors import DataError

_NOTE, _SKIP, _TEXT = 22, 59, 63
_SHORT = (60, 61, 62)
_CLOCK = re.compile(r"## time resolution:\s*(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)\s*(?:Hz)?")
_BEGIN, _END = "## annotation type definitions", "## end of definitions"
_DEFINITION = re.compile(r"\d+ \S+ .+")
_FASTEST = 1e7


@dataclass(frozen=True)
class Part:
    """One annotation as stored.

    Attributes
    ----------
    begin, end
        Range of its bytes.
    time
        Its sample.
    code
        Its type.
    text
        Its note (aux), or "".
    """

    begin: int
    end: int
    time: int
    code: int
    text: str


def clock_of(raw: bytes) -> tuple[float | None, bytes]:
    """Return the samples per second of an annotation file (its time resolution), and its bytes for the parser.

    None if the file does not say: its samples are then those of the signals.

    Raises
    ------
    DataError
        If a note at its beginning is not defined by WFDB, or two of them disagree; the text follows the name of the
        file.
    """
    clock: float | None = None
    kept: list[bytes] = []
    defining, end = False, 0
    for part in _first_parts(raw):
        end = part.end
        if part.code != _NOTE or not (defining or part.text.startswith("## ")):
            kept.append(raw[part.begin : part.end])
            continue
        found = _CLOCK.fullmatch(part.text)
        if found is not None:
            clock = _agreed(clock, float(found[1]), part.text)
        elif part.text == _END and defining:
            defining = False
            kept.append(_note(part.text))
        elif (part.text == _BEGIN and not defining) or (defining and _DEFINITION.fullmatch(part.text)):
            defining = True
            kept.append(_note(part.text))
        else:
            raise DataError(_strange(part.text))
    if defining:
        raise DataError(f'has an unterminated definition of symbols: "{_END}" is missing')
    return clock, b"".join(kept) + raw[end:]


def _first_parts(raw: bytes) -> Iterator[Part]:
    """Yield the annotations of a file up to sample 0.

    An annotation is a 16-bit little-endian word: 6 bits of type and 10 bits of time since the previous one
    (annot(5)). SKIP precedes it with a longer time, in two words with the high one first; words after it change its
    fields.
    """
    at, time = 0, 0
    while at + 2 <= len(raw):
        begin, step = at, 0
        while raw[at + 1 : at + 2] and raw[at + 1] >> 2 == _SKIP:
            step += int.from_bytes(raw[at + 4 : at + 6] + raw[at + 2 : at + 4], "little", signed=True)
            at += 6
        word = int.from_bytes(raw[at : at + 2], "little")
        code, time, at = word >> 10, time + step + (word & 0x3FF), at + 2
        # Notes that define the file stand at sample 0; a word of 0 ends it.
        if time > 0 or word == 0:
            return
        text = ""
        while raw[at + 1 : at + 2] and raw[at + 1] >> 2 in (*_SHORT, _TEXT):
            kind, length = raw[at + 1] >> 2, raw[at]
            at += 2
            if kind == _TEXT:
                text = raw[at : at + length].decode("latin-1").rstrip("\0 ")
                at += length + length % 2
        yield Part(begin, min(at, len(raw)), time, code, text)


def _note(text: str) -> bytes:
    """Return a note at sample 0 as it is stored."""
    raw = text.encode("latin-1")
    return bytes([0, _NOTE << 2, len(raw), _TEXT << 2]) + raw + b"\0" * (len(raw) % 2)


def _agreed(before: float | None, clock: float, text: str) -> float:
    if not 0 < clock <= _FASTEST:
        raise DataError(f'says "{text[:60]}", which is not a plausible sampling rate')
    if before is not None and before != clock:
        raise DataError(f"gives two time resolutions, {before:g} and {clock:g} Hz")
    return clock


def _strange(text: str) -> str:
    return (
        f'begins with the note "{text[:60]}", which WFDB does not define. It may be meant as the time resolution '
        '("## time resolution: 250"), without which no annotation can be placed. Correct the note, or remove it'
    )
