"""Scan lines: microscope scans read line by line, in the order in which they were scanned; one row per file."""

from evenhand.modalities.scanlines.kind import ScanLines

__all__ = ["ScanLines"]
