"""Normalisation of the text of a WFDB header: the parser gets ASCII with the necessary fields only.

Headers come in any encoding, with any file names and dates. The parser drops every byte that is not ASCII (so that
"µV" becomes volts) and accepts only complete dates. It gets file names of our own, units that it can read, and no
date.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from evenhand.base.errors import DataError
from evenhand.modalities.beats.reading.units import millivolts

STEM = "record"
"""Name of the record in the normalised header."""
_MOST_BYTES = 1 << 20
_MOST_SIGNALS = 256
_LONGEST_LINE = 4096
_RATE = 250.0  # default of header(5)
# UTF-32 before UTF-16: the mark of the one begins with that of the other.
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NUMBER = r"\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?"
_FORM = re.compile(r"(?P<form>\d{1,4})(?:x(?P<per>\d{1,9}))?(?::(?P<skew>\d{1,9}))?(?:\+(?P<offset>\d{1,18}))?")
_GAIN = re.compile(rf"(?P<gain>[+-]?(?:{_NUMBER}))(?:\((?P<base>[+-]?\d{{1,12}})\))?(?:/(?P<unit>\S*))?")
_NUMBERS = re.compile(r"(?:\s*-?\d{1,18}(?=\s|$)){0,5}")


@dataclass(frozen=True)
class SignalSpec:
    """One signal as described by a header.

    Attributes
    ----------
    file, form, lead, unit
        Name of its file, format, name ("" if it has none), and unit ("" if it has none).
    per_frame, skew, offset
        Samples per frame, delay in frames, and byte offset in its file.
    plain
        Its fields after the name of the file, in ASCII, for the parser.
    """

    file: str
    form: str
    lead: str
    unit: str
    per_frame: int
    skew: int
    offset: int
    plain: str


@dataclass(frozen=True)
class HeaderText:
    """The text of a header of one record.

    Attributes
    ----------
    rate
        Samples per second.
    length
        Samples of each signal; 0 if the header does not say.
    signals
        Its signals.
    """

    rate: float
    length: int
    signals: tuple[SignalSpec, ...]

    @property
    def files(self) -> tuple[str, ...]:
        """Name of the file of each signal."""
        return tuple(signal.file for signal in self.signals)

    def plain(self, length: int) -> bytes:
        """Return the normalised header for the parser, with the given length of the signals."""
        first = f"{STEM} {len(self.signals)} {self.rate:.15g}" + (f" {length}" if length else "")
        lines = (first, *(f"{self.alias(signal.file)} {signal.plain}" for signal in self.signals))
        return "".join(f"{line}\n" for line in lines).encode("ascii")

    def alias(self, file: str) -> str:
        """Return the name of a file in the normalised header."""
        return f"signal{sorted(set(self.files)).index(file)}.dat"


def parse_text(raw: bytes) -> HeaderText:
    """Return the parsed text of a header, validated before wfdb's parser sees it.

    Raises
    ------
    DataError
        If the bytes are not the header of a single-segment record.
    """
    if not raw:
        raise DataError("is empty (0 bytes)")
    text = decoded(raw)
    if len(raw) > _MOST_BYTES or "\0" in text:
        raise DataError("is not a WFDB header: it is not text, or too long")
    lines = [line.strip() for line in re.split(r"\r\n|\n|\r", text) if line.strip()[:1] not in ("", "#")]
    fields = lines[0].split() if lines else []
    if not fields or not re.fullmatch(r"[\w.+-]+(/\d+)?", fields[0]):
        raise DataError("is not a WFDB header: it does not begin with the name of a record")
    if "/" in fields[0]:
        raise DataError(
            "is a multi-segment record, which is not supported: join its segments (WFDB's xform), or split them"
        )
    if len(fields) < 2 or not re.fullmatch(r"\d{1,4}", fields[1]) or not 1 <= int(fields[1]) <= _MOST_SIGNALS:
        found = fields[1] if len(fields) > 1 else "nothing"
        raise DataError(f"has a header with {found[:20]!r} signals; supported are 1 to {_MOST_SIGNALS}")
    if len(lines) - 1 != int(fields[1]):
        raise DataError(f"has a header that announces {fields[1]} signals and describes {len(lines) - 1}")
    rate, length = _rate(fields[2:3]), _length(fields[3:4])
    signals = tuple(_described(line, number) for number, line in enumerate(lines[1:], 1))
    return HeaderText(rate, length, signals)


def decoded(raw: bytes) -> str:
    """Return text decoded by its byte-order mark, else as UTF-8, else as Latin-1."""
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, errors="replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _rate(words: list[str]) -> float:
    """Return the samples per second; the counter frequency after a "/" is ignored."""
    if not words:
        return _RATE
    found = re.match(rf"({_NUMBER})(?:/|$)", words[0])
    if found is None:
        raise DataError(f"has a header with {words[0][:20]!r} samples per second, which is not a number")
    return float(found[1])


def _length(words: list[str]) -> int:
    if not words:
        return 0
    if not re.fullmatch(r"\d{1,18}", words[0]):
        raise DataError(f"has a header with the length {words[0][:20]!r}, which is not a number of samples")
    return int(words[0])


def _described(line: str, number: int) -> SignalSpec:
    """Return a signal from its line: file, format, gain, up to five numbers (ADC, checksum), and name."""
    words = line.replace("\t", " ").split(maxsplit=2)
    if len(line) > _LONGEST_LINE:
        raise DataError(f"has a header that describes signal {number} in {len(line):,} characters")
    if len(words) < 2:
        raise DataError(f"has a header with only {line[:40]!r} for signal {number}: its format is missing")
    form = _FORM.fullmatch(words[1])
    if form is None:
        raise DataError(f"has a header with the invalid format {words[1][:20]!r} of signal {number}")
    # All fields after the format are optional: without a valid gain, the rest of the line is the name.
    rest = words[2] if len(words) > 2 else ""
    first, _, others = rest.partition(" ")
    gain = _GAIN.fullmatch(first)
    after = _NUMBERS.match(others)
    numbers = after[0] if gain and after else ""
    lead = others[len(numbers) :] if gain else rest
    per, skew, offset = (int(form[name] or default) for name, default in (("per", 1), ("skew", 0), ("offset", 0)))
    plain = " ".join([words[1], *([_gain(gain)] if gain else []), *numbers.split()])
    unit = (gain["unit"] or "") if gain else ""
    return SignalSpec(words[0], form["form"], lead.strip(), unit, per, skew, offset, plain)


def _gain(found: re.Match[str]) -> str:
    """Return gain, baseline and unit of a signal in the syntax of the parser."""
    base = f"({int(found['base'])})" if found["base"] else ""
    unit = f"/{'mV' if millivolts(found['unit']) else 'other'}" if found["unit"] else ""
    return f"{float(found['gain']):.15g}{base}{unit}"
