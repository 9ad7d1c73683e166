"""What the first bytes of a DXF file say: read for every file by the doctor, so without `ezdxf`."""

from __future__ import annotations

import re
from typing import Any

from evenhand.base.errors import DataError

_BINARY = b"AutoCAD Binary DXF"
_HEAD = 1 << 14  # $ACADVER and $DWGCODEPAGE are the first variables


def header_facts(raw: bytes) -> dict[str, Any]:
    """Return "bytes", "version" ("AC1015"; "" if none is named), "codepage" and "form" ("text" or "binary").

    Raises
    ------
    DataError
        If the file is empty.
    """
    if not raw.strip():
        raise DataError("is empty")
    head = raw[:_HEAD]
    version = re.search(rb"\$ACADVER[\s\x00]+\x01?1?[\s\x00]+(AC\d{4})", head)
    page = re.search(rb"\$DWGCODEPAGE[\s\x00]+\x03?3?[\s\x00]+([\w.-]+)", head)
    return {
        "bytes": len(raw),
        "version": version[1].decode("ascii") if version else "",
        "codepage": page[1].decode("ascii", "replace") if page else "",
        "form": "binary" if raw.startswith(_BINARY) else "text",
    }
