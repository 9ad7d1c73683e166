"""The text of a WFDB header, made plain: what the parser gets holds ASCII, and nothing that is not needed.

A header comes in any encoding, names files as somebody liked, and says on which day it was recorded. The parser
drops every byte that is not ASCII (so that "µV" becomes volts) and takes only complete dates. It is given names
of files of our own, units that it can read, and no date.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from evenhand.base.errors import DataError
from evenhand.modalities.beats.units import millivolts

STEM = "record"
"""Name of the record in the plain header."""
_MOST_BYTES = 1 << 20
_MOST_SIGNALS = 256
_LONGEST_LINE = 4096
_RATE = 250.0  # what header(5) says of a record that does not give it
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NUMBER = r"\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?"
_FORM = re.compile(r"\d{1,4}(?:x\d{1,9})?(?::\d{1,9})?(?:\+\d{1,18})?")
_GAIN = re.compile(rf"(?P<gain>[+-]?(?:{_NUMBER}))(?:\((?P<base>[+-]?\d{{1,12}})\))?(?:/(?P<unit>\S*))?")
_ESCAPED = re.compile(r"__u([0-9a-f]{1,6})__")


@dataclass(frozen=True)
class HeaderText:
    """A header of one record, before its signals are described.

    Attributes
    ----------
    rate
        Samples per second.
    length
        Samples of each signal; 0 where the header does not say it.
    files
        For each signal the name of its file.
    units
        For each signal its unit as it is written, or "".
    lines
        For each signal its description for the parser, in ASCII.
    """

    rate: float
    length: int
    files: tuple[str, ...]
    units: tuple[str, ...]
    lines: tuple[str, ...]

    def plain(self, length: int) -> bytes:
        """Return the header for the parser, with a length of the signals."""
        first = f"{STEM} {len(self.lines)} {self.rate:.15g}" + (f" {length}" if length else "")
        return "".join(f"{line}\n" for line in (first, *self.lines)).encode("ascii")

    def alias(self, file: str) -> str:
        """Return the name that a file has in the plain header."""
        return _alias(file, self.files)


def parse_text(raw: bytes) -> HeaderText:
    """Return the text of a header, checked before a parser sees it.

    Raises
    ------
    DataError
        If bytes are no header of one record.
    """
    if not raw:
        raise DataError("is empty (0 bytes)")
    text = decoded(raw)
    if len(raw) > _MOST_BYTES or "\0" in text:
        raise DataError("is no WFDB header: it is not text, or too long")
    lines = [line.strip() for line in re.split(r"\r\n|\n|\r", text) if line.strip()[:1] not in ("", "#")]
    fields = lines[0].split() if lines else []
    if not fields or not re.fullmatch(r"[\w.+-]+(/\d+)?", fields[0]):
        raise DataError("is no WFDB header: it does not begin with the name of a record")
    if "/" in fields[0]:
        raise DataError(
            "is a record of several segments, which are not read: join them (WFDB's xform), or cut them"
        )
    if len(fields) < 2 or not re.fullmatch(r"\d{1,4}", fields[1]) or not 1 <= int(fields[1]) <= _MOST_SIGNALS:
        found = fields[1] if len(fields) > 1 else "nothing"
        raise DataError(f"has a header that counts its signals as {found[:20]!r}; 1 to {_MOST_SIGNALS} are read")
    if len(lines) - 1 != int(fields[1]):
        raise DataError(f"has a header that names {fields[1]} signals and describes {len(lines) - 1}")
    rate, length = _rate(fields[2:3]), _length(fields[3:4])
    described = [_described(line, number) for number, line in enumerate(lines[1:], 1)]
    files = tuple(file for file, _, _ in described)
    plain = tuple(f"{_alias(file, files)} {rest}" for file, _, rest in described)
    return HeaderText(rate, length, files, tuple(unit for _, unit, _ in described), plain)


def decoded(raw: bytes) -> str:
    """Return text in the encoding that its byte-order mark names, else in UTF-8, else in Latin-1."""
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, errors="replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def unescaped(text: str) -> str:
    """Return a text from the parser with the characters that ASCII does not have."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def _escaped(text: str) -> str:
    return "".join(c if " " <= c <= "~" else f"__u{ord(c):x}__" for c in text)


def _rate(words: list[str]) -> float:
    """Return the samples per second; what follows them (the counter) is for people."""
    if not words:
        return _RATE
    found = re.match(rf"({_NUMBER})(?:/|$)", words[0])
    if found is None:
        raise DataError(f"has a header that gives {words[0][:20]!r} as its samples per second, which is no number")
    return float(found[1])


def _length(words: list[str]) -> int:
    if not words:
        return 0
    if not re.fullmatch(r"\d{1,18}", words[0]):
        raise DataError(f"has a header that gives {words[0][:20]!r} as its length, which is no number of samples")
    return int(words[0])


def _described(line: str, number: int) -> tuple[str, str, str]:
    """Return file and unit of a signal, and for the parser what follows the file."""
    words = line.replace("\t", " ").split(maxsplit=2)
    if len(line) > _LONGEST_LINE:
        raise DataError(f"has a header that describes signal {number} in {len(line):,} characters")
    if len(words) < 2:
        raise DataError(f"has a header that says of signal {number} only {line[:40]!r}: its format is missing")
    if not _FORM.fullmatch(words[1]):
        raise DataError(f"has a header that gives {words[1][:20]!r} as the format of signal {number}")
    rest = words[2] if len(words) > 2 else ""
    first, _, others = rest.partition(" ")
    found = _GAIN.fullmatch(first)
    unit = (found["unit"] or "") if found else ""
    return words[0], unit, f"{words[1]} {_gain(found) if found else _escaped(first)} {_escaped(others)}".strip()


def _gain(found: re.Match[str]) -> str:
    """Return gain, baseline and unit of a signal as the parser reads them."""
    base = f"({int(found['base'])})" if found["base"] else ""
    unit = f"/{'mV' if millivolts(found['unit']) else 'other'}" if found["unit"] else ""
    return f"{float(found['gain']):.15g}{base}{unit}"


def _alias(file: str, files: tuple[str, ...]) -> str:
    return f"signal{sorted(set(files)).index(file)}.dat"
