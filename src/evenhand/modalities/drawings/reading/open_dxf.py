"""Bytes of a DXF file to an `ezdxf` document: text or binary, R12 to R2018, whole or damaged."""

from __future__ import annotations

import io
import re
import tempfile
from dataclasses import dataclass
from typing import Any

from ezdxf import recover
from ezdxf.document import Drawing
from ezdxf.lldxf.tagger import binary_tags_loader

from evenhand.base.errors import DataError
from evenhand.modalities.drawings.reading.code_pages import declared_encoding, fitting_encoding

BINARY = b"AutoCAD Binary DXF\r\n\x1a\x00"
"""First bytes of a binary DXF."""
_NAMED = 3
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_OTHERS = {
    b"PK\x03\x04": "a zip",
    b"%PDF": "a PDF",
    b"<svg": "an SVG",
    b"<?xml": "an XML file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\xd0\xcf\x11\xe0": "an Office file",
}


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
    recovered: int = 0
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
    _refuse_others(raw)
    version, declared = declared_encoding(raw)
    encoding = ""
    try:
        if raw.startswith(BINARY):
            document = Drawing.load(binary_tags_loader(raw))
        else:
            encoding = fitting_encoding(raw, declared)
            # Decoded line by line: as one text it would take four bytes a character.
            text = io.TextIOWrapper(io.BytesIO(raw.removeprefix(_BYTE_ORDER_MARK)), encoding, "surrogateescape")
            document = Drawing.read(text)
    except MemoryError:
        raise
    except Exception:  # of any type: the library checks the structure of a file, not every value in it
        return _recovered(raw, version, declared, encoding)
    return Opened(document, version, encoding, declared)


def _refuse_others(raw: bytes) -> None:
    """Raise `DataError` if the first bytes are those of another format."""
    if not raw.strip(b" \t\r\n\x00"):
        raise DataError("is empty")
    if re.match(rb"AC\d\d\d\d|AC[12]\.\d", raw[:6]):
        raise DataError("is a DWG file, not a DXF (convert it with your CAD program, or the ODA File Converter)")
    for start, name in _OTHERS.items():
        if raw.startswith(start):
            raise DataError(f"is {name}, not a DXF")


def _recovered(raw: bytes, version: str, declared: str, encoding: str) -> Opened:
    try:
        document, auditor = recover.read(io.BytesIO(raw), errors="ignore")
    except MemoryError:
        raise
    except Exception as error:
        document, auditor = _explored(raw, error)
    found = [*auditor.fixes, *auditor.errors]
    words = tuple(dict.fromkeys(" ".join(str(fault.message).split()) for fault in found))[:_NAMED]
    # What came here had a structure that only recovery reads, whether or not it found more to repair.
    return Opened(
        document, version, encoding, declared, max(1, len(found)), words or ("structure of sections and tags",)
    )


def _explored(raw: bytes, first: Exception) -> tuple[Any, Any]:
    """Return what is left of a file whose lines are out of step, such as one cut in the middle of a value."""
    try:
        if b"SECTION" in raw:
            with tempfile.NamedTemporaryFile(suffix=".dxf") as file:  # the library takes no stream here
                file.write(raw)
                file.flush()
                return recover.explore(file.name)
    except MemoryError:
        raise
    except Exception:
        pass
    raise DataError(f"is not a DXF file that can be read ({_short(first)})") from None


def _short(error: BaseException) -> str:
    words = " ".join(str(error).split()) or type(error).__name__
    return words if len(words) <= 100 else f"{words[:97]}..."
