"""Inserts of which a program shows a part: what lies outside their clipping boundary (XCLIP) is not read."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from ezdxf.math import BoundingBox2d
from ezdxf.xclip import XClip

from evenhand.modalities.drawings.reading.shapes import CODES, Curves, Points

_BY_START = (CODES["text"], CODES["point"])
"""Types that are there or not: their points are a place and a direction."""


def clipping_region(insert: Any) -> Any:
    """Return the region of a block that an insert shows, as a geometry in the block's coordinates; None for all.

    The boundary of an inverted clip is a hole in everything. Front and back planes are not considered.
    """
    if not insert.has_extension_dict:
        return None
    clip = XClip(insert)
    if not (clip.has_clipping_path and clip.is_clipping_enabled):
        return None
    path = clip.get_block_clipping_path()
    inside = _polygon(path.inner_polygon())
    if inside is None or not path.is_inverted_clip:
        return inside
    return shapely.difference(shapely.box(-1e99, -1e99, 1e99, 1e99), inside)


def _polygon(vertices: Any) -> Any:
    corners = list(vertices)
    if len(corners) == 2:  # a rectangle by its diagonal
        corners = list(BoundingBox2d(corners).rect_vertices())
    if len(corners) < 3:
        return None
    return shapely.make_valid(shapely.polygons([(corner.x, corner.y) for corner in corners]))


def clipped(curves: Curves, region: Any) -> Curves:
    """Return the curves inside a region; those that cross its border are cut there, and their pieces are open."""
    if not len(curves):
        return curves
    shapely.prepare(region)
    starts = np.cumsum(curves.counts) - curves.counts
    whole = np.isin(curves.kinds, _BY_START) | (curves.counts == 1)
    inside = shapely.intersects_xy(region, curves.points[starts, 0], curves.points[starts, 1])
    at = np.flatnonzero(~whole)
    points = (
        curves.points.copy()
    )  # in which closed curves end where they begin, to the last bit, so that they merge
    points[(starts + curves.counts - 1)[curves.closed]] = points[starts[curves.closed]]
    lines = shapely.linestrings(
        points[np.repeat(~whole, curves.counts)], indices=np.repeat(np.arange(len(at)), curves.counts[at])
    )
    inside[at] = shapely.covers(region, lines)
    cut = ~inside[at] & shapely.intersects(region, lines)
    parts = [curves.take(np.flatnonzero(inside))]
    for one, line in zip(at[cut], shapely.line_merge(shapely.intersection(lines[cut], region)), strict=True):
        pieces = [_points(part) for part in shapely.get_parts(line) if part.geom_type == "LineString"]
        if pieces:
            parts.append(_pieces(curves, int(one), pieces))
    return Curves.joined(parts)


def _points(line: Any) -> Points:
    return np.asarray(np.nan_to_num(shapely.get_coordinates(line, include_z=True)))


def _pieces(curves: Curves, one: int, pieces: list[Points]) -> Curves:
    counts: npt.NDArray[np.int64] = np.array([len(piece) for piece in pieces], dtype=np.int64)
    return Curves(
        np.full(len(pieces), curves.kinds[one]),
        counts,
        np.zeros(len(pieces), dtype=bool),
        np.concatenate(pieces),
        None if curves.marks is None else np.tile(curves.marks[one], (len(pieces), 1)),
    )
