"""Drawings: DXF files as graphs of primitives, as strokes and as small rasters; one row per file."""

from evenhand.modalities.drawings.kind import Drawings

__all__ = ["Drawings"]
