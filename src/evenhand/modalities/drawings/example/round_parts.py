"""Round parts: flanges, bearings and fasteners."""

from __future__ import annotations

import math

import numpy as np

from evenhand.modalities.drawings.example.sheet import Sheet, Vertex
from evenhand.modalities.drawings.example.variants import VariantGenerator


def ring(count: int, radius: float, phase: float = 0.0, centre: Vertex = (0.0, 0.0)) -> list[Vertex]:
    """Return points on a circle; the phase is in degrees."""
    angles = math.radians(phase) + 2 * np.pi * np.arange(count) / count
    return [(centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)) for a in angles]


def _box(x0: float, y0: float, x1: float, y1: float) -> list[Vertex]:
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


def flange(sheet: Sheet, rng: VariantGenerator, size: float) -> None:
    """Draw a pipe flange: rings, bolt holes on their circle, often a section beside it."""
    outer, bore = size, size * rng.uniform(0.28, 0.55)
    bolts = (outer + bore) / 2 * rng.uniform(1.0, 1.1)
    hole = min(outer - bolts, bolts - bore) * rng.uniform(0.25, 0.45)
    count = int(rng.choice([4, 6, 8, 8, 12, 16]))
    sheet.circle((0, 0), outer)
    sheet.circle((0, 0), bore)
    if rng.random() < 0.6:
        sheet.circle((0, 0), bore * rng.uniform(1.12, 1.25))
    sheet.holes(ring(count, bolts, 180 / count), hole)
    if sheet.office.centre_lines:
        sheet.circle((0, 0), bolts, "centre")
    sheet.cross((0, 0), 1.1 * outer)
    if rng.random() < 0.6:
        thick, hub = size * rng.uniform(0.15, 0.3), size * rng.uniform(0.1, 0.4)
        x, neck = outer * 1.5, bore * rng.uniform(1.2, 1.4)
        for side in (1, -1):
            end = x + thick + hub
            part: list[Vertex] = [(x, side * bore), (end, side * bore), (end, side * neck),
                                  (x + thick, side * neck * 1.1), (x + thick, side * outer),
                                  (x, side * outer)]  # fmt: skip
            sheet.outline(part)
            sheet.hatch(part)
            for edge in (bolts - hole, bolts + hole):
                sheet.line((x, side * edge), (x + thick, side * edge))
        sheet.axis((x - 0.1 * size, 0), (x + thick + hub + 0.1 * size, 0))
        sheet.dimension((x, -outer), (x + thick, -outer), -0.3 * size)
    sheet.dimension((-outer, -outer), (outer, -outer), -0.3 * size)


def bearing(sheet: Sheet, rng: VariantGenerator, size: float) -> None:
    """Draw a ball bearing: four rings with balls that fill the gap, or its section, or both."""
    outer, bore = size, size * rng.uniform(0.35, 0.6)
    pitch, ball = (outer + bore) / 2, (outer - bore) * rng.uniform(0.24, 0.3)
    both = rng.random()
    if both < 0.8:
        for radius in (outer, pitch + 0.55 * ball, pitch - 0.55 * ball, bore):
            sheet.circle((0, 0), radius)
        most = int(math.pi / math.asin(ball / pitch))
        sheet.holes(ring(max(5, most - int(rng.integers(0, 4))), pitch), ball)
        sheet.cross((0, 0), 1.1 * outer)
    if both > 0.45:
        x, wide = (outer * 1.4 if both < 0.8 else 0.0), size * rng.uniform(0.35, 0.6)
        for side in (1, -1):
            rings = [_box(x, side * bore, x + wide, side * (pitch - 0.5 * ball)),
                     _box(x, side * (pitch + 0.5 * ball), x + wide, side * outer)]  # fmt: skip
            for part in rings:
                sheet.outline(part)
                sheet.hatch(part)
            sheet.circle((x + wide / 2, side * pitch), ball)
        for edge in (x, x + wide):
            sheet.line((edge, -bore), (edge, bore))
        sheet.axis((x - 0.1 * size, 0), (x + wide + 0.1 * size, 0))
        sheet.dimension((x, -outer), (x + wide, -outer), -0.3 * size)
    sheet.dimension((-outer, -outer), (outer, -outer), -0.5 * size)


def fastener(sheet: Sheet, rng: VariantGenerator, size: float) -> None:
    """Draw a bolt, a nut or a washer."""
    form = rng.choice(["bolt", "bolt", "nut", "washer"])
    {"bolt": _bolt, "nut": _nut, "washer": _washer}[str(form)](sheet, rng, size)


def _hexagon(sheet: Sheet, radius: float, centre: Vertex, phase: float) -> None:
    sheet.outline(ring(6, radius, phase, centre))
    sheet.circle(centre, 0.84 * radius)


def _bolt(sheet: Sheet, rng: VariantGenerator, size: float) -> None:
    d = size / rng.uniform(2.0, 6.0)
    head, wide, thread = 0.65 * d, d, size * rng.uniform(0.3, 0.9)
    sheet.outline([(0, -wide), (0, wide), (-head, wide), (-head, -wide)])
    for y in (-wide / 2, wide / 2):
        sheet.line((-head, y), (0, y))
    chamfer = 0.1 * d
    sheet.outline(
        [(0, -d / 2), (size - chamfer, -d / 2), (size, -d / 2 + chamfer), (size, d / 2 - chamfer),
         (size - chamfer, d / 2), (0, d / 2)],
        closed=False,
    )  # fmt: skip
    sheet.line((size - chamfer, -d / 2), (size - chamfer, d / 2))
    for y in (-0.42 * d, 0.42 * d):
        sheet.line((size - thread, y), (size - chamfer, y))
    sheet.line((size - thread, -d / 2), (size - thread, d / 2))
    sheet.axis((-1.3 * head, 0), (1.05 * size, 0))
    if rng.random() < 0.6:
        centre = (-head - 1.8 * d, 0.0)
        _hexagon(sheet, 1.0 * d, centre, 90)
        sheet.cross(centre, 1.2 * d)
    sheet.dimension((0, -wide), (size, -wide), -0.8 * d)


def _nut(sheet: Sheet, rng: VariantGenerator, size: float) -> None:
    _hexagon(sheet, size, (0, 0), float(rng.choice([0, 90])))
    bore = size * rng.uniform(0.45, 0.55)
    sheet.circle((0, 0), bore)
    if rng.random() < 0.7:
        sheet.arc((0, 0), bore * 1.12, 100, 370)
    sheet.cross((0, 0), 1.2 * size)
    if rng.random() < 0.6:
        x, thick = 1.6 * size, 0.8 * size
        sheet.outline(_box(x, -size, x + thick, size))
        for y in (-size / 2, size / 2):
            sheet.line((x, y), (x + thick, y))
        sheet.axis((x - 0.2 * size, 0), (x + 1.2 * thick, 0))
    sheet.dimension((-size, -size), (size, -size), -0.3 * size)


def _washer(sheet: Sheet, rng: VariantGenerator, size: float) -> None:
    bore = size * rng.uniform(0.48, 0.58)
    sheet.circle((0, 0), size)
    sheet.circle((0, 0), bore)
    sheet.cross((0, 0), 1.15 * size)
    x, thick = 1.4 * size, size * rng.uniform(0.1, 0.2)
    for side in (1, -1):
        part = _box(x, side * bore, x + thick, side * size)
        sheet.outline(part)
        sheet.hatch(part)
    sheet.axis((x - thick, 0), (x + 2 * thick, 0))
    sheet.dimension((-size, -size), (size, -size), -0.3 * size)
