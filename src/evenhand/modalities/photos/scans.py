"""How many scans a JPEG has: each is decoded over the whole picture, so that a small file could take minutes."""

from __future__ import annotations

import re

from evenhand.base.errors import DataError

MOST_SCANS = 100
"""Scans of a JPEG that are decoded; encoders write about ten."""

_MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]", re.DOTALL)
"""What ends the data of a scan: any marker but restarts, and 0xFF that is a value (ITU T.81, B.1.1)."""
_SCAN, _END = 0xDA, 0xD9
_BARE = (0x01, 0xD8)
"""Markers that no length follows."""


def scan_count(raw: bytes, most: int = MOST_SCANS) -> int:
    """Return how many scans the first picture of a JPEG has, counted up to one more than `most`.

    Segments before and between scans are stepped over by their length, so that thumbnails in them do not count, and
    nothing after the end of the picture does (a film in the same file).
    """
    at, count = 2, 0
    while (found := _MARKER.search(raw, at)) and count <= most:
        marker, at = raw[found.end() - 1], found.end()
        if marker == _END:
            break
        count += marker == _SCAN
        at += 0 if marker in _BARE else int.from_bytes(raw[at : at + 2], "big")
    return count


def check_scans(raw: bytes) -> None:
    """Refuse a JPEG with more scans than any encoder writes; other formats pass.

    The limit is the defence that libjpeg-turbo recommends to its users ("Two Issues with the JPEG Standard").

    Raises
    ------
    DataError
        With the number that is allowed.
    """
    # Counting the bytes of a marker wherever they stand is quick and never too low: few files need the exact count.
    many = raw.startswith(b"\xff\xd8\xff") and raw.count(b"\xff\xda") > MOST_SCANS
    if many and scan_count(raw) > MOST_SCANS:
        raise DataError(
            f"is a JPEG of more than {MOST_SCANS} scans, each of which is decoded over the whole picture; save it "
            "anew"
        )
