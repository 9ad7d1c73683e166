"""`ezdxf` documents and the bytes of their files, which do not depend on the clock."""

from __future__ import annotations

import io
import logging
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ezdxf._options import options
from ezdxf.filemanagement import new


def new_document(version: str) -> Any:
    """Return a new `ezdxf` drawing of a version ("R2010")."""
    log = logging.getLogger("ezdxf")
    before = log.level
    log.setLevel(logging.ERROR)  # of every R12 drawing it warns that units are not written
    try:
        with _without_clock():
            return new(version)
    finally:
        log.setLevel(before)


def dxf_bytes(document: Any, *, binary: bool = False) -> bytes:
    """Return the file of a document, text in its own encoding or binary; equal documents give equal bytes."""
    with _without_clock():
        _sort_classes(document)
        if binary:
            out = io.BytesIO()
            document.write(out, fmt="bin")
            return out.getvalue()
        text = io.StringIO()
        document.write(text)
    return text.getvalue().encode(document.output_encoding, errors="dxfreplace")


def _sort_classes(document: Any) -> None:
    """Put the section CLASSES into one order: ezdxf fills it in an order that differs from process to process."""
    section = document.classes
    if document.dxfversion > "AC1009":  # R12 has no such section
        section.add_required_classes(document.dxfversion)
    section.classes = OrderedDict(sorted(section.classes.items()))


@contextmanager
def _without_clock() -> Iterator[None]:
    """Let ezdxf write fixed dates and identifiers; it does so when a document is made and when it is written."""
    before = options.write_fixed_meta_data_for_testing
    options.write_fixed_meta_data_for_testing = True
    try:
        yield
    finally:
        options.write_fixed_meta_data_for_testing = before
