"""In which encoding the words of a DXF file are: what its header says, and what its bytes say.

From R2007 on all text is UTF-8, whatever `$DWGCODEPAGE` says. Before, it is in the code page of the header, which
many programs copy from a template: drawings from China and Russia declare Windows-1252, in which almost any bytes
are text.
"""

from __future__ import annotations

import codecs
import re

from ezdxf.tools.codepage import toencoding

from evenhand.data.roots.encodings import guess

UTF8_SINCE = "AC1021"
"""R2007."""
WESTERN = frozenset({"cp1252", "cp850", "cp437", "latin-1"})
"""Encodings of headers that were never set."""
ELSEWHERE = frozenset({"gbk", "big5", "cp932", "euc_kr", "cp1251", "utf-8"})
"""Encodings that are believed against such a header."""
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


def fitting_encoding(raw: bytes, declared: str) -> str:
    r"""Return the encoding that fits all bytes of a file: the declared one, unless they contradict it.

    Examples
    --------
    >>> fitting_encoding("  0\nTEXT\n  1\n法兰盘 紧固件\n".encode("gbk"), "cp1252")
    'gbk'
    >>> fitting_encoding("  0\nTEXT\n  1\nGröße Ø25\n".encode("cp1252"), "cp1252")
    'cp1252'
    """
    if raw.isascii():
        return declared
    if _decodes(raw, declared):
        if declared not in WESTERN:
            return declared
        if _decodes(raw, "utf-8"):
            return "utf-8"
        likely = guess(_lines(raw, together=2), default=declared)
        return likely if likely in ELSEWHERE and _decodes(raw, likely) else declared
    for encoding in ("utf-8", guess(_lines(raw), default="cp1252"), "gbk", "cp1251", "cp1252"):
        if encoding != declared and _decodes(raw, encoding):
            return encoding
    return "latin-1"


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
