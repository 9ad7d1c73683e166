"""A sheet that parts are drawn on: outlines, holes, hatches and dimensions in the manner of an office."""

from __future__ import annotations

import cmath
import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from ezdxf.math import bulge_to_arc

from evenhand.modalities.drawings.example.dxf_bytes import new_document
from evenhand.modalities.drawings.example.offices import Office
from evenhand.modalities.drawings.example.variants import VariantGenerator

Vertex = tuple[float, float] | tuple[float, float, float]
"""x, y in millimetres, and the bulge of the segment that follows (0 if left out)."""

CODE_PAGES = {True: "gbk", False: "cp1252"}
"""Whether texts are Chinese -> encoding of versions before R2007."""


class Sheet:
    """An empty drawing of an office; parts are drawn in millimetres around (0, 0).

    Attributes
    ----------
    document
        The `ezdxf` drawing.
    """

    def __init__(self, office: Office) -> None:
        self.office = office
        self.document: Any = new_document(office.version)
        if office.version != "R12":  # which has no header for it
            self.document.units = {1.0: 4, 1 / 25.4: 1}.get(office.scale, 0)  # millimetres, inches
        if office.version in ("R12", "R2000", "R2004"):
            self.document.encoding = CODE_PAGES[office.chinese]
        self._space = self.document.modelspace()
        self._dimensions = 0
        self._low, self._high = complex(math.inf, math.inf), complex(-math.inf, -math.inf)

    def _at(self, x: float, y: float) -> tuple[float, float]:
        """Return a point in units of the drawing; it counts for the frame."""
        self._low = complex(min(self._low.real, x), min(self._low.imag, y))
        self._high = complex(max(self._high.real, x), max(self._high.imag, y))
        point = complex(x, y) * self.office.factor + self.office.origin
        return point.real, point.imag

    def _on(self, what: str) -> dict[str, Any]:
        name = self.office.layer(what)
        if name not in self.document.layers:
            self.document.layers.add(name, color=1 + len(self.document.layers) % 7)
        return {"layer": name}

    def line(self, a: Vertex, b: Vertex, what: str = "outline") -> None:
        """Draw a line."""
        self._space.add_line(self._at(*a[:2]), self._at(*b[:2]), self._on(what))

    def lines(self, points: Sequence[Vertex], what: str = "outline") -> None:
        """Draw lines through points."""
        for a, b in pairwise(points):
            self.line(a, b, what)

    def outline(self, vertices: Sequence[Vertex], *, closed: bool = True, what: str = "outline") -> None:
        """Draw straight and round segments through vertices, as one polyline or one entity each."""
        corners = [(float(v[0]), float(v[1]), float(v[2]) if len(v) == 3 else 0.0) for v in vertices]
        if self.office.polylines:
            places = [(*self._at(x, y), bulge) for x, y, bulge in corners]
            if self.office.version == "R12":
                self._space.add_polyline2d(places, format="xyb", close=closed, dxfattribs=self._on(what))
            else:
                self._space.add_lwpolyline(places, format="xyb", close=closed, dxfattribs=self._on(what))
            return
        for (ax, ay, bulge), (bx, by, _) in pairwise([*corners, corners[0]] if closed else corners):
            if not bulge:
                self.line((ax, ay), (bx, by), what)
                continue
            centre, start, end, radius = bulge_to_arc((ax, ay), (bx, by), bulge)
            self.arc((centre.x, centre.y), radius, math.degrees(start), math.degrees(end), what)

    def arc(self, centre: Vertex, radius: float, start: float, end: float, what: str = "outline") -> None:
        """Draw an arc counter-clockwise from one angle to another, degrees."""
        more = 90.0 if self.office.turned else 0.0
        size = radius * self.office.scale
        self._space.add_arc(self._at(*centre[:2]), size, start + more, end + more, dxfattribs=self._on(what))

    def circle(self, centre: Vertex, radius: float, what: str = "outline") -> None:
        """Draw a circle."""
        self._at(centre[0] - radius, centre[1] - radius)
        self._at(centre[0] + radius, centre[1] + radius)
        self._space.add_circle(self._at(*centre[:2]), radius * self.office.scale, self._on(what))

    def holes(self, centres: Iterable[Vertex], radius: float) -> None:
        """Draw equal circles, as inserts of one block where the office does so, with centre marks."""
        places = list(centres)
        if self.office.inserts:
            block = self.document.blocks.new(
                f"{'孔' if self.office.chinese else 'HOLE'}{len(self.document.blocks)}"
            )
            block.add_circle((0, 0), 1.0)
            size = radius * self.office.scale
            for x, y in ((v[0], v[1]) for v in places):
                scales = {"xscale": size, "yscale": size, "zscale": size}
                self._space.add_blockref(block.name, self._at(x, y), {**scales, **self._on("outline")})
        else:
            for place in places:
                self.circle(place, radius)
        if self.office.centre_lines and len(places) <= 8:
            for place in places:
                self.cross(place, 1.4 * radius)

    def cross(self, centre: Vertex, reach: float) -> None:
        """Draw the two centre lines of something round, if the office does."""
        if self.office.centre_lines:
            x, y = centre[:2]
            self.line((x - reach, y), (x + reach, y), "centre")
            self.line((x, y - reach), (x, y + reach), "centre")

    def axis(self, a: Vertex, b: Vertex) -> None:
        """Draw a centre line, if the office does."""
        if self.office.centre_lines:
            self.line(a, b, "centre")

    def ellipse(self, centre: Vertex, major: complex, ratio: float, start: float, end: float) -> None:
        """Draw a part of an ellipse from one parameter to another, radians; a polyline in R12."""
        if self.office.version != "R12":
            axis = major * self.office.factor
            self._space.add_ellipse(
                self._at(*centre[:2]), (axis.real, axis.imag), ratio, start, end, dxfattribs=self._on("outline")
            )
            return
        t = np.linspace(start, end, 17)
        points = complex(*centre[:2]) + major * (np.cos(t) + 1j * ratio * np.sin(t))
        self.outline([(p.real, p.imag) for p in points], closed=False)

    def spline(self, points: Sequence[Vertex]) -> None:
        """Draw a smooth curve through points; lines in R12."""
        if self.office.version == "R12":
            self.lines(points)
        else:
            self._space.add_spline([self._at(*p[:2]) for p in points], dxfattribs=self._on("outline"))

    def hatch(self, vertices: Sequence[Vertex]) -> None:
        """Hatch an area as cut, if the office does; strokes of the pattern are not stored."""
        if self.office.hatches and self.office.version != "R12":
            hatch = self._space.add_hatch(dxfattribs=self._on("hatch"))
            hatch.set_pattern_fill("ANSI31", scale=self.office.scale)
            hatch.paths.add_polyline_path([self._at(*v[:2]) for v in vertices], is_closed=True)

    def text(self, words: str, place: Vertex, height: float) -> None:
        """Write a line of text."""
        size, turn = height * self.office.scale, math.degrees(cmath.phase(self.office.factor))
        attributes = {"insert": self._at(*place[:2]), "height": size, "rotation": turn, **self._on("text")}
        self._space.add_text(words, dxfattribs=attributes)

    def dimension(self, a: Vertex, b: Vertex, apart: float) -> None:
        """Draw the distance of two points as a dimension, `apart` from them, up to the office's number of them."""
        if self._dimensions >= self.office.dimensions:
            return
        self._dimensions += 1
        one, two = complex(*a[:2]), complex(*b[:2])
        base = one + 1j * (two - one) / abs(two - one) * apart
        angle = math.degrees(cmath.phase((two - one) * self.office.factor))
        size = 0.05 * abs(self._high - self._low) * self.office.scale
        self._space.add_linear_dim(
            base=self._at(base.real, base.imag), p1=self._at(*a[:2]), p2=self._at(*b[:2]), angle=angle,
            override={"dimtxt": size, "dimasz": size, "dimexo": size / 2, "dimexe": size / 2},
            dxfattribs=self._on("dimension"),
        ).render()  # fmt: skip

    def finish(self, title: str, rng: VariantGenerator) -> None:
        """Draw the frame with its title block around everything, if the office does."""
        if not self.office.frame:
            return
        low, size = self._low, self._high - self._low
        margin = 0.2 * max(size.real, size.imag)
        x0, y0, x1, y1 = (
            low.real - margin,
            low.imag - 2 * margin,
            self._high.real + margin,
            self._high.imag + margin,
        )
        wide, high = 0.45 * (x1 - x0), margin * 0.8
        self.outline([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], what="frame")
        self.outline([(x1 - wide, y0), (x1, y0), (x1, y0 + high), (x1 - wide, y0 + high)], what="frame")
        rows = int(rng.integers(1, 4))
        for row in range(1, rows + 1):
            y = y0 + high * row / (rows + 1)
            self.line((x1 - wide, y), (x1, y), "frame")
        self.text(title, (x1 - 0.97 * wide, y0 + 0.1 * high / (rows + 1)), 0.6 * high / (rows + 1))
