"""Bytes of a DXF file to an `ezdxf` document: text or binary, R12 to R2018, whole or damaged."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ezdxf import recover
from ezdxf.document import Drawing
from ezdxf.lldxf.tagger import binary_tags_loader
from ezdxf.lldxf.types import DXFTag

from evenhand.base.errors import DataError
from evenhand.base.storage.files.disk_errors import raise_disk_fault
from evenhand.modalities.drawings.reading.code_pages import Encoding, declared_encoding, fitting_encoding
from evenhand.modalities.drawings.reading.escapes import unescaped
from evenhand.modalities.drawings.reading.tags import compiled_tags

BINARY = b"AutoCAD Binary DXF\r\n\x1a\x00"
"""First bytes of a binary DXF."""
_NAMED = 3
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_OTHERS = {
    b"PK\x03\x04": "a zip",
    b"\x1f\x8b": "compressed by gzip",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"%PDF": "a PDF",
    b"<svg": "an SVG",
    b"<?xml": "an XML file",
    b"<!doctype": "a web page",
    b"<html": "a web page",
    b"\x89png": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\xd0\xcf\x11\xe0": "an Office file",
    b"ISO-10303-21": "a STEP file",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
    b"version https://git-lfs": "a pointer of Git LFS (fetch the file itself with git lfs pull)",
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
    rivals
        Encodings in which its words are about as plausible as in `encoding`.
    """

    document: Any
    version: str
    encoding: str
    declared: str
    recovered: int = 0
    repairs: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()

    @property
    def encoding_disagrees(self) -> bool:
        """Whether the bytes are not in the encoding of the header."""
        return bool(self.encoding) and self.encoding != self.declared

    @property
    def notes(self) -> str:
        """What was repaired, and which encoding was taken for which, in words; "" if nothing was."""
        taken = f"read as {self.encoding}" if self.encoding_disagrees or self.rivals else ""
        header = f", while the header says {self.declared}" if self.encoding_disagrees else ""
        rivals = f", but {' or '.join(self.rivals)} would make words too" if self.rivals else ""
        return "; ".join([*self.repairs, *([taken + header + rivals] if taken else [])])


def open_dxf(raw: bytes) -> Opened:
    """Return the document in a file.

    Raises
    ------
    DataError
        If it is not a DXF file, or nothing can be recovered; the text is the reason.
    """
    _refuse_others(raw)
    version, declared = declared_encoding(raw)
    encoding = Encoding("")
    try:
        if raw.startswith(BINARY):
            document = _with_modelspace(Drawing.load(unescaped(binary_tags_loader(raw), raw)))
        else:
            encoding = fitting_encoding(raw, declared)
            # Decoded line by line: as one text it would take four bytes a character.
            held = io.BytesIO(raw.removeprefix(_BYTE_ORDER_MARK))
            text = io.TextIOWrapper(held, encoding.name, "surrogateescape")
            document = _with_modelspace(Drawing.from_tags(unescaped(compiled_tags(text), raw)))
    except MemoryError:
        raise
    except Exception:  # of any type: the library checks the structure of a file, not every value in it
        if raw.startswith(BINARY):
            return Opened(_start_of_binary(raw), version, "", declared, 1, ("end of a binary file",))
        return _recovered(raw, version, declared, encoding)
    return Opened(document, version, encoding.name, declared, rivals=encoding.rivals)


def _with_modelspace(document: Any) -> Any:
    """Return the document; raises ValueError if it has no modelspace, as with a damaged table of blocks."""
    try:
        document.modelspace()
    except KeyError:
        raise ValueError("it has no modelspace") from None
    return document


def _refuse_others(raw: bytes) -> None:
    """Raise `DataError` if the first bytes are those of another format."""
    if not raw.strip(b" \t\r\n\x00"):
        raise DataError("is empty")
    if re.match(rb"AC\d\d\d\d|AC[12]\.\d", raw[:6]):
        raise DataError("is a DWG file, not a DXF (convert it with your CAD program, or the ODA File Converter)")
    head = raw[:32].lower()
    for start, name in _OTHERS.items():
        if head.startswith(start.lower()):
            raise DataError(f"is {name}, not a DXF")


def _start_of_binary(raw: bytes) -> Any:
    """Return what a binary file holds before the place where it breaks off; the library recovers text alone.

    Raises
    ------
    DataError
        If it breaks off before the drawing begins.
    """
    tags: list[Any] = []
    try:
        for tag in binary_tags_loader(raw):
            tags.append(tag)  # what came before the fault is kept
    except MemoryError:
        raise
    except Exception:
        pass
    while tags and tags.pop().code != 0:  # the entity that is cut in the middle goes
        pass
    end: Iterable[Any] = (DXFTag(0, "ENDSEC"), DXFTag(0, "EOF"))
    try:
        return _with_modelspace(Drawing.load(unescaped([*tags, *end], raw)))
    except MemoryError:
        raise
    except Exception:
        raise DataError("is a binary DXF that is damaged or cut short before its entities") from None


def _recovered(raw: bytes, version: str, declared: str, encoding: Encoding) -> Opened:
    # Recovery makes an empty drawing of any text.
    if not re.search(rb"SECTION|ENTITIES", raw, re.IGNORECASE):
        raise DataError("is not a DXF file")
    try:
        document, auditor = recover.read(io.BytesIO(raw), errors="ignore")
        _with_modelspace(document)
    except MemoryError:
        raise
    except Exception as error:
        document, auditor = _explored(raw, error)
    found = [*auditor.fixes, *auditor.errors]
    words = tuple(dict.fromkeys(" ".join(str(fault.message).split()) for fault in found))[:_NAMED]
    # What came here had a structure that only recovery reads, whether or not it found more to repair.
    words = words or ("structure of sections and tags",)
    return Opened(document, version, encoding.name, declared, max(1, len(found)), words, encoding.rivals)


def _explored(raw: bytes, first: Exception) -> tuple[Any, Any]:
    """Return what is left of a file whose lines are out of step, such as one cut in the middle of a value."""
    try:
        if b"SECTION" in raw:
            with tempfile.NamedTemporaryFile(suffix=".dxf") as file:  # the library takes no stream here
                file.write(raw)
                file.flush()
                document, auditor = recover.explore(file.name)
                return _with_modelspace(document), auditor
    except MemoryError:
        raise
    except Exception as error:
        raise_disk_fault(error)  # of the folder for temporary files
    raise DataError(f"is not a DXF file that can be read ({_short(first)})") from None


def _short(error: BaseException) -> str:
    if isinstance(error, KeyError):  # whose text is the key alone
        return f"it has no {error.args[0]}"[:100]
    words = " ".join(str(error).split()) or type(error).__name__
    return words if len(words) <= 100 else f"{words[:97]}..."
