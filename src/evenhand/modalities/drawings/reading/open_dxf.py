"""Bytes of a DXF file to an `ezdxf` document: text or binary, R12 to R2018, whole or damaged."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Any

import ezdxf
from ezdxf import recover
from ezdxf.lldxf.const import DXFError
from ezdxf.tools.codepage import toencoding

from evenhand.base.errors import DataError

BINARY = b"AutoCAD Binary DXF\r\n\x1a\x00"
"""First bytes of a binary DXF."""
UTF8_SINCE = "AC1021"
"""R2007: from here on text is UTF-8, whatever `$DWGCODEPAGE` says."""
FALLBACKS = ("utf-8", "gbk", "cp1251", "cp1252")
"""Encodings tried in this order where the bytes contradict the header."""
_HEADER = 1 << 16
_NAMED = 3


@dataclass(frozen=True)
class Opened:
    """A document, and what was wrong with its file.

    Attributes
    ----------
    document
        The `ezdxf` drawing.
    version
        As in the header: "AC1015".
    encoding
        By which its text was decoded; "" for binary files.
    declared
        Encoding that the header declares.
    recovered
        Faults that were repaired; 0 where the file is whole.
    repairs
        What was repaired, in the words of the library: the first few faults.
    """

    document: Any
    version: str
    encoding: str
    declared: str
    recovered: int
    repairs: tuple[str, ...] = ()

    @property
    def encoding_disagrees(self) -> bool:
        """Whether the bytes are not in the encoding of the header."""
        return bool(self.encoding) and self.encoding != self.declared


def open_dxf(raw: bytes) -> Opened:
    """Return the document in a file.

    Raises
    ------
    DataError
        If it is not a DXF file, or nothing can be recovered; the text is the reason.
    """
    if not raw.strip():
        raise DataError("is empty")
    if raw[:4] in (b"AC10", b"AC1.") or re.match(rb"AC\d\d\d\d", raw[:6]):
        raise DataError("is a DWG file, not a DXF (convert it with your CAD program, or the ODA File Converter)")
    if raw.startswith(BINARY):
        return _recovered(raw, *_declared(raw), "")
    version, declared = _declared(raw)
    text, encoding = _decoded(raw, declared)
    try:
        document = ezdxf.read(io.StringIO(text))
    except (DXFError, ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError):
        return _recovered(raw, version, declared, encoding)
    return Opened(document, version, encoding, declared, 0)


def _declared(raw: bytes) -> tuple[str, str]:
    """Return the version and the encoding that the header declares; R12 in Windows-1252 where it declares none."""
    head = raw[:_HEADER]
    version = re.search(rb"\$ACADVER\s+1\s+(AC\d{4})", head) or re.search(rb"\$ACADVER\x00\x01\x00?(AC\d{4})", head)
    page = re.search(rb"\$DWGCODEPAGE\s+3\s+([\w.-]+)", head)
    name = version[1].decode("ascii") if version else "AC1009"
    if name >= UTF8_SINCE:
        return name, "utf-8"
    return name, toencoding(page[1].decode("ascii", "replace").lower()) if page else "cp1252"


def _decoded(raw: bytes, declared: str) -> tuple[str, str]:
    """Return the text and the encoding that fits its bytes: the declared one if it does."""
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    for encoding in (declared, *(one for one in FALLBACKS if one != declared)):
        try:
            return _lines(raw.decode(encoding)), encoding
        except (UnicodeDecodeError, LookupError):
            continue
    return _lines(raw.decode("latin-1")), "latin-1"


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _recovered(raw: bytes, version: str, declared: str, encoding: str) -> Opened:
    try:
        document, auditor = recover.read(io.BytesIO(raw), errors="ignore")
    except MemoryError:
        raise
    except Exception as error:  # the library's own words for whatever is left of the file
        raise DataError(f"is not a DXF file that can be read ({_short(error)})") from None
    found = [*auditor.fixes, *auditor.errors]
    words = tuple(dict.fromkeys(" ".join(str(fault.message).split()) for fault in found))[:_NAMED]
    # A whole binary file takes this way too; a text file that came here had a structure that only recovery reads.
    faults = len(found) if not encoding else max(1, len(found))
    broken = ("structure of sections and tags",) if encoding and not words else ()
    return Opened(document, version, encoding, declared, faults, words or broken)


def _short(error: BaseException) -> str:
    words = " ".join(str(error).split()) or type(error).__name__
    return words if len(words) <= 100 else f"{words[:97]}..."
