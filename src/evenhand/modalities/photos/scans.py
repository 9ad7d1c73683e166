"""The number of scans of a JPEG: each is decoded over the whole picture, so a small file could take minutes."""

from __future__ import annotations

import re

from evenhand.base.errors import DataError

MOST_SCANS = 100
"""Most scans of a JPEG that are decoded; encoders write about ten."""

_MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]", re.DOTALL)
"""The end of a scan's data: any marker except restarts; 0xFF 0x00 is a stuffed value (ITU T.81, B.1.1)."""
_SCAN, _END = 0xDA, 0xD9
_BARE = (0x01, 0xD8)
"""Markers that are not followed by a length."""


def scan_count(raw: bytes, most: int = MOST_SCANS) -> int:
    """Return the number of scans of the first picture of a JPEG, at most `most` + 1.

    Segments before and between scans are skipped by their length, so that thumbnails in them do not count, nor does
    anything after the end of the picture (a motion photo holds a video there).
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
    """Raise `DataError` for a JPEG with more scans than any encoder writes; other formats pass.

    A limit on scans is the defence that libjpeg-turbo recommends ("Two Issues with the JPEG Standard").
    """
    # Counting the bytes of the marker anywhere is fast and never too low: few files need the exact count.
    many = raw.startswith(b"\xff\xd8\xff") and raw.count(b"\xff\xda") > MOST_SCANS
    if many and scan_count(raw) > MOST_SCANS:
        raise DataError(
            f"is a JPEG of more than {MOST_SCANS} scans, each of which is decoded over the whole picture; save it "
            "again"
        )
