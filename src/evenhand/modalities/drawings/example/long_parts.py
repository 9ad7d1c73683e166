"""Flat and long parts: plates, brackets, shafts and tanks."""

from __future__ import annotations

import math

import numpy as np

from evenhand.modalities.drawings.example.round_parts import ring
from evenhand.modalities.drawings.example.sheet import Sheet, Vertex
from evenhand.modalities.drawings.example.variants import VariantGenerator

_QUARTER = math.tan(math.pi / 8)  # bulge of a quarter of a circle


def rounded(x0: float, y0: float, x1: float, y1: float, r: float) -> list[Vertex]:
    """Return a rectangle with rounded corners, counter-clockwise; with sharp ones for r = 0."""
    if not r:
        return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    return [(x0 + r, y0), (x1 - r, y0, _QUARTER), (x1, y0 + r), (x1, y1 - r, _QUARTER),
            (x1 - r, y1), (x0 + r, y1, _QUARTER), (x0, y1 - r), (x0, y0 + r, _QUARTER)]  # fmt: skip


def slot(sheet: Sheet, x: float, y: float, length: float, wide: float) -> None:
    """Draw a slot with round ends."""
    half, r = length / 2 - wide / 2, wide / 2
    sheet.outline([(x - half, y - r), (x + half, y - r, 1.0), (x + half, y + r), (x - half, y + r, 1.0)])


def plate(sheet: Sheet, rng: VariantGenerator, size: float) -> None:
    """Draw a flat plate with holes in its corners, in a grid or on a circle, and slots; often its edge below."""
    wide, high = size, size * rng.uniform(0.4, 1.0)
    r = min(wide, high) * rng.choice([0.0, 0.06, 0.12])
    sheet.outline(rounded(0, 0, wide, high, float(r)))
    margin, hole = 0.14 * min(wide, high), 0.05 * min(wide, high) * rng.uniform(0.7, 1.3)
    layout = rng.choice(["corners", "grid", "circle"])
    if layout == "grid":
        across, up = int(rng.integers(2, 5)), int(rng.integers(2, 4))
        xs, ys = np.linspace(margin, wide - margin, across), np.linspace(margin, high - margin, up)
        sheet.holes([(float(x), float(y)) for x in xs for y in ys], hole)
    else:
        sheet.holes([(x, y) for x in (margin, wide - margin) for y in (margin, high - margin)], hole)
    if layout == "circle":
        centre = (wide / 2, high / 2)
        sheet.circle(centre, 0.2 * min(wide, high))
        sheet.holes(ring(int(rng.choice([3, 4, 6])), 0.3 * min(wide, high), 30, centre), hole)
    elif rng.random() < 0.5:
        for y in np.linspace(0.4, 0.6, int(rng.integers(1, 3))) * high:
            slot(sheet, wide / 2, float(y), wide * rng.uniform(0.2, 0.4), 0.08 * high)
    if rng.random() < 0.5:
        thick, below = size * rng.uniform(0.03, 0.08), -0.35 * size
        sheet.outline(rounded(0, below, wide, below + thick, 0))
    sheet.dimension((0, 0), (wide, 0), -0.15 * size)
    sheet.dimension((0, high), (0, 0), -0.15 * size)


def bracket(sheet: Sheet, rng: VariantGenerator, size: float) -> None:
    """Draw an angle bracket: an L or a U with a bend, often a rib, and the holes of its leg seen from the front."""
    wide, high = size, size * rng.uniform(0.6, 1.2)
    t = size * rng.uniform(0.06, 0.14)
    r = t * rng.uniform(0.5, 1.5)
    profile: list[Vertex] = [(0, 0), (wide, 0), (wide, t)]
    if rng.random() < 0.65:
        profile += [(t + r, t, -_QUARTER), (t, t + r), (t, high), (0, high)]
        if rng.random() < 0.5:
            reach = rng.uniform(0.4, 0.8)
            sheet.lines([(t + reach * (wide - t), t), (t, t + reach * (high - t))])
    else:
        profile = [(0, 0), (wide, 0), (wide, high), (wide - t, high), (wide - t, t + r, -_QUARTER),
                   (wide - t - r, t), (t + r, t, -_QUARTER), (t, t + r), (t, high), (0, high)]  # fmt: skip
    sheet.outline(profile)
    if rng.random() < 0.4:
        sheet.hatch(profile)
    x, deep = wide * 1.3, size * rng.uniform(0.4, 0.9)
    sheet.outline(rounded(x, 0, x + deep, high, float(rng.choice([0.0, 0.1])) * deep))
    sheet.line((x, t), (x + deep, t))
    count = int(rng.integers(1, 4))
    hole = 0.09 * min(deep, high) * rng.uniform(0.7, 1.3)
    if count == 1 and rng.random() < 0.5:
        slot(sheet, x + deep / 2, 0.6 * high, 0.5 * deep, 2 * hole)
    else:
        ys = np.linspace(0.35, 0.8, count) * high
        xs = [0.5] if rng.random() < 0.5 else [0.25, 0.75]
        sheet.holes([(x + share * deep, float(y)) for share in xs for y in ys], hole)
    sheet.dimension((0, 0), (wide, 0), -0.15 * size)
    sheet.dimension((0, high), (0, 0), -0.15 * size)


def shaft(sheet: Sheet, rng: VariantGenerator, size: float) -> None:
    """Draw a stepped shaft: cylinders along an axis with chamfers and shoulders, often a keyway and a thread."""
    steps = int(rng.integers(3, 7))
    lengths = rng.dirichlet(np.full(steps, 4.0)) * size
    rise = np.concatenate([np.linspace(0.5, 1.0, (steps + 1) // 2), np.linspace(0.9, 0.55, steps // 2)])
    radii = rise * size * rng.uniform(0.06, 0.13) * rng.uniform(0.92, 1.08, steps)
    ends = np.cumsum(lengths)
    chamfer = 0.2 * float(radii[0])
    top: list[Vertex] = [(0.0, float(radii[0]) - chamfer), (chamfer, float(radii[0]))]
    for at in range(steps):
        top.append((float(ends[at]), float(radii[at])))
        if at + 1 < steps:
            top.append((float(ends[at]), float(radii[at + 1])))
    sheet.outline([*top, *[(v[0], -v[1]) for v in reversed(top)]])
    sheet.line((chamfer, -float(radii[0])), (chamfer, float(radii[0])))
    for at in range(steps - 1):
        r = float(max(radii[at], radii[at + 1]))
        sheet.line((float(ends[at]), -r), (float(ends[at]), r))
    if rng.random() < 0.6:
        at = int(np.argmax(lengths))
        slot(sheet, float(ends[at] - lengths[at] / 2), 0.0, 0.6 * float(lengths[at]), 0.6 * float(radii[at]))
    if rng.random() < 0.4:
        for side in (1, -1):
            y = side * 0.85 * float(radii[-1])
            sheet.line((float(ends[-2]), y), (size, y))
    sheet.axis((-0.05 * size, 0), (1.05 * size, 0))
    if rng.random() < 0.4:
        centre, r = (0.5 * size, -3.5 * float(radii.max())), float(radii.max())
        sheet.circle(centre, r)
        sheet.outline(rounded(centre[0] - 0.2 * r, centre[1] + 0.7 * r, centre[0] + 0.2 * r, centre[1] + r, 0))
        sheet.cross(centre, 1.2 * r)
    sheet.dimension((0, -float(radii.max())), (size, -float(radii.max())), -0.1 * size)
    sheet.dimension((0, -float(radii.max())), (float(ends[0]), -float(radii.max())), -0.05 * size)


def tank(sheet: Sheet, rng: VariantGenerator, size: float) -> None:
    """Draw a pressure vessel: a shell between two dished ends, nozzles, and legs or saddles."""
    upright = rng.random() < 0.5
    r, dish = size * rng.uniform(0.15, 0.3), rng.uniform(0.3, 0.6)

    def put(x: float, y: float) -> tuple[float, float]:
        return (y, x) if upright else (x, y)

    sheet.lines([put(0, r), put(size, r)])
    sheet.lines([put(0, -r), put(size, -r)])
    for x, side in ((0.0, -1), (size, 1)):
        sheet.line(put(x, -r), put(x, r))
        if rng.random() < 0.7:
            major, half = (complex(r, 0), 1 if side > 0 else -1) if upright else (complex(0, r), -side)
            start, end = (0.0, math.pi) if half > 0 else (math.pi, 2 * math.pi)
            sheet.ellipse(put(x, 0.0), major, dish, start, end)
        else:
            t = np.linspace(-math.pi / 2, math.pi / 2, 7)
            sheet.spline([put(x + side * dish * r * math.cos(a), r * math.sin(a)) for a in t])
    for place in rng.uniform(0.12, 0.88, int(rng.integers(1, 4))) * size:
        wide, out = r * rng.uniform(0.08, 0.2), r * rng.uniform(0.2, 0.4)
        x = float(place)
        sheet.outline(
            [put(x - wide, r), put(x - wide, r + out), put(x + wide, r + out), put(x + wide, r)], closed=False
        )
        sheet.outline([put(x - 2 * wide, r + out), put(x + 2 * wide, r + out), put(x + 2 * wide, r + 1.2 * out),
                       put(x - 2 * wide, r + 1.2 * out)])  # fmt: skip
    if rng.random() < 0.5:
        manhole = put(size * rng.uniform(0.3, 0.7), 0.0)
        sheet.circle(manhole, 0.35 * r)
        sheet.holes(ring(8, 0.3 * r, 0, manhole), 0.03 * r)
    for share in (0.2, 0.8):
        if upright:
            x = (2 * share - 1) * r / 0.6 * 0.8
            sheet.outline([(x - 0.05 * r, -0.1 * size), (x + 0.05 * r, -0.1 * size), (x + 0.05 * r, -0.45 * size),
                           (x - 0.05 * r, -0.45 * size)])  # fmt: skip
        else:
            x, foot = share * size, 0.3 * r
            sheet.outline([(x - foot, -1.4 * r), (x + foot, -1.4 * r), (x + 0.6 * foot, -r), (x - 0.6 * foot, -r)])
    sheet.axis(put(-0.3 * size, 0), put(1.3 * size, 0))
    sheet.dimension(put(0, -r), put(size, -r), (-1 if not upright else 1) * 0.8 * r)
