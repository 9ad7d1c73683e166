"""A drawing as a small SVG: the strokes that a model reads."""

from __future__ import annotations

import base64

import numpy as np
import numpy.typing as npt

INK, PAPER = "#222222", "#ffffff"


def picture(strokes: npt.NDArray[np.float64], side: int) -> str:
    """Return (n, p, 2) strokes in the unit box as an SVG of `side` px."""
    places = np.round((strokes * np.array([1, -1]) * 0.92 + 0.5) * side, 1)
    lines = []
    for stroke in places:
        kept = stroke[np.append(True, (np.diff(stroke, axis=0) != 0).any(axis=1))]
        if len(kept) == 1:
            lines.append(f"M{kept[0][0]:g} {kept[0][1]:g}h.5")
        else:
            lines.append("M" + "L".join(f"{x:g} {y:g}" for x, y in kept))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}" viewBox="0 0 {side} {side}">'
        f'<rect width="{side}" height="{side}" fill="{PAPER}"/>'
        f'<path d="{"".join(lines)}" fill="none" stroke="{INK}" stroke-width="{width_of(side)}" '
        f'stroke-linecap="round"/></svg>'
    )


def width_of(side: int) -> float:
    """Return the width of lines in px: one that can be seen at 96 px, and is not clumsy at 320."""
    return round(min(1.5, 0.7 + side / 400), 2)


def data_uri(svg: str) -> str:
    """Return an SVG as a `data:` URI, in which browsers run no scripts and load nothing."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii")
