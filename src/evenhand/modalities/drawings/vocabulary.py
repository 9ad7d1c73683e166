"""Names of what a graph of a drawing holds: types of primitives and of relations, measures, counters."""

from __future__ import annotations

NODE_TYPES = (
    "line",
    "arc",
    "circle",
    "ellipse",
    "polyline",
    "spline",
    "hatch",
    "point",
    "solid",
    "text",
    "dimension",
    "leader",
)
SHAPE = ("log length", "straightness", "turning", "net turning", "corners", "closed", "log curvature")
"""Measures of a primitive that no motion changes."""
NODE_FEATURES = (*NODE_TYPES, *SHAPE)
"""Columns of the array "nodes"."""
LENGTH = NODE_FEATURES.index("log length")

EDGE_TYPES = ("shared end", "crossing", "touching", "contains", "inside", "parallel", "concentric", "nearest")
"""Relations, in the direction from the first to the second primitive; the bits of the array "relations"."""

STROKE_POINTS = 16
"""Points along each primitive, at equal steps of its length."""

COUNTERS = (
    "recovered",
    "encoding",
    "ambiguous",
    "unread",
    "broken",
    "hidden",
    "inserts",
    "loops",
    "clipped",
    "inserts_cut",
    "nodes_cut",
    "knn",
    "edges_cut",
    "far",
    "paper",
)
"""Columns of the array "counters": how often each option, cap, fall-back and repair acted on a row."""

LAYER_BINS, BLOCK_BINS, WORD_BINS = 16, 16, 64
"""Bins of the hashes of names of layers, of blocks, and of words."""
COLOURS = ("other colours", "red", "yellow", "green", "cyan", "blue", "magenta", "white")
"""Shares of entities, by the AutoCAD colour index from 1 to 7; also those with a colour of their own."""
LOOKS = ("layers", "colours", *(f"layer name {b}" for b in range(LAYER_BINS)), *COLOURS)
BLOCKS = ("blocks", *(f"block name {b}" for b in range(BLOCK_BINS)))
WORDS = ("text length", *(f"word {b}" for b in range(WORD_BINS)))
SURROUNDINGS = (*LOOKS, *BLOCKS, *WORDS)
"""Columns of the array "wrapping"."""
