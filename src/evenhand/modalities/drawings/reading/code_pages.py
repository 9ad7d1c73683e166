"""In which encoding the words of a DXF file are: what its header says, and what its bytes say.

From R2007 on all text is UTF-8, whatever `$DWGCODEPAGE` says. Before, it is in the code page of the header, which
many programs copy from a template: drawings from China and Russia declare Windows-1252, in which almost any bytes
are text.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from ezdxf.tools.codepage import toencoding

from evenhand.data.roots.encodings import guess, plausibility

UTF8_SINCE = "AC1021"
"""R2007."""
WESTERN = frozenset({"cp1252", "cp850", "cp437", "latin-1"})
"""Encodings of headers that were never set."""
ELSEWHERE = frozenset({"gbk", "big5", "cp932", "euc_kr", "cp1251", "utf-8"})
"""Encodings that are believed against such a header."""
RIVALS = ELSEWHERE - {"utf-8"} | {"cp1252"}
"""Encodings that are compared, where bytes are valid in several."""
CONTRADICTS = 0.35
"""By so much more plausible than the declared encoding, another one is taken;"""
NEARLY = 0.1
"""so little less plausible than the one that is taken, another one is named."""
_EXAMINED = 200
_HEADER = 1 << 16
_CHUNK = 1 << 20
_MOST_LINES = 1000


def declared_encoding(raw: bytes) -> tuple[str, str]:
    """Return the version and the encoding that the header declares; R12 in Windows-1252 where it declares none."""
    head = raw[:_HEADER]
    version = re.search(rb"\$ACADVER(?:\s+1\s+|\x00\x01\x00?)(AC\d{4})", head)
    page = re.search(rb"\$DWGCODEPAGE(?:\s+3\s+|\x00\x03\x00?)([\w.-]+)", head)
    name = version[1].decode("ascii") if version else "AC1009"
    if name >= UTF8_SINCE:
        return name, "utf-8"
    return name, toencoding(page[1].decode("ascii", "replace").lower()) if page else "cp1252"


@dataclass(frozen=True)
class Encoding:
    """The encoding in which a file is read, and others in which its words are as plausible."""

    name: str
    rivals: tuple[str, ...] = ()


def fitting_encoding(raw: bytes, declared: str) -> Encoding:
    r"""Return the encoding that fits all bytes of a file: the declared one, unless they contradict it.

    They contradict it where they are not valid in it, or are words of another script that are far more plausible.
    Where two encodings are about as plausible, the declared one is kept, or of others the better one, and the rest
    are named: a word or two may well be Russian in one code page and Chinese in another.

    Examples
    --------
    >>> fitting_encoding("  0\nTEXT\n  1\n法兰盘 紧固件\n".encode("gbk"), "cp1252").name
    'gbk'
    >>> fitting_encoding("  0\nTEXT\n  1\nGröße Ø25\n".encode("cp1252"), "cp1252").name
    'cp1252'
    >>> fitting_encoding("  0\nTEXT\n  1\n轴\n".encode("gbk"), "gbk")
    Encoding(name='gbk', rivals=('cp1251',))
    """
    if raw.isascii():
        return Encoding(declared)
    valid = _decodes(raw, declared)
    if valid and (declared == "utf-8" or (declared in WESTERN and _decodes(raw, "utf-8"))):
        return Encoding("utf-8")
    if not valid:
        for encoding in ("utf-8", guess(_lines(raw), default="cp1252"), "gbk", "cp1251", "cp1252"):
            if encoding != declared and _decodes(raw, encoding):
                return _with_rivals(raw, encoding)
        return Encoding("latin-1")
    if declared in WESTERN:
        likely = guess(_lines(raw, together=2), default=declared)
        return _with_rivals(raw, likely if likely in ELSEWHERE and _decodes(raw, likely) else declared)
    return _believed(raw, declared)


def _believed(raw: bytes, declared: str) -> Encoding:
    """Return the declared encoding, in which the bytes are valid, or one that is far more plausible."""
    score = _plausible(raw, declared)
    best = next(iter(score), declared)
    if best != declared and score[best] - score.get(declared, 0.0) > CONTRADICTS and _decodes(raw, best):
        return _with_rivals(raw, best)
    # The header is a reason of its own: a rival must do at least as well.
    rivals = (name for name in score if name != declared and score[name] >= score.get(declared, 0.0))
    return Encoding(declared, tuple(name for name in rivals if _decodes(raw, name)))


def _with_rivals(raw: bytes, encoding: str) -> Encoding:
    """Return an encoding that the header does not name, with those that are nearly as plausible."""
    if encoding == "utf-8":  # text in another encoding is rarely valid UTF-8
        return Encoding(encoding)
    score = _plausible(raw, encoding)
    least = score.get(encoding, 0.0) - NEARLY
    rivals = (name for name in score if name != encoding and score[name] >= least)
    return Encoding(encoding, tuple(name for name in rivals if _decodes(raw, name)))


def _plausible(raw: bytes, encoding: str) -> dict[str, float]:
    """Return encoding -> plausibility of what is written in a file, best first; empty if too little is."""
    lines = _lines(raw, together=2)[:_EXAMINED]
    return plausibility(lines, [*dict.fromkeys((encoding, *sorted(RIVALS)))]) if lines else {}


def _decodes(raw: bytes, encoding: str) -> bool:
    try:
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        for start in range(0, len(raw), _CHUNK):
            decoder.decode(raw[start : start + _CHUNK])
        decoder.decode(b"", final=True)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _lines(raw: bytes, together: int = 1) -> list[bytes]:
    """Return the first different lines with so many bytes beyond ASCII together: alone, Ø may as well be Ш."""
    found: dict[bytes, None] = {}
    for match in re.finditer(rb"[^\r\n]*[\x80-\xff]{%d}[^\r\n]*" % together, raw):
        found.setdefault(match[0][:200])
        if len(found) >= _MOST_LINES:
            break
    return list(found)
