"""A drawing as a small SVG: the strokes that a model reads."""

from __future__ import annotations

import base64

import numpy as np
import numpy.typing as npt


def picture(strokes: npt.NDArray[np.float64], side: int) -> str:
    """Return (n, p, 2) strokes in the unit box as a `data:` URI of an SVG of `side` px."""
    places = np.round((strokes * np.array([1, -1]) * 0.92 + 0.5) * side, 1)
    lines = []
    for stroke in places:
        kept = stroke[np.append(True, (np.diff(stroke, axis=0) != 0).any(axis=1))]
        if len(kept) == 1:
            lines.append(f"M{kept[0][0]:g} {kept[0][1]:g}h.5")
        else:
            lines.append("M" + "L".join(f"{x:g} {y:g}" for x, y in kept))
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}" viewBox="0 0 {side} {side}">'
        f'<rect width="{side}" height="{side}" fill="#fff"/>'
        f'<path d="{"".join(lines)}" fill="none" stroke="#222" stroke-width="1" stroke-linecap="round"/></svg>'
    )
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii")
