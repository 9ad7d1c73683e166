"""Valid DXF files that readers get wrong, with what a right reader finds in each.

The counts are by construction, not by our reader.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from evenhand.base.registry import Registry
from evenhand.modalities.drawings.example.dxf_bytes import dxf_bytes, new_document


@dataclass(frozen=True)
class Hostile:
    """A file and what is in it.

    Attributes
    ----------
    raw
        The bytes.
    primitives
        Type of primitive -> how many there are, after inserts are expanded.
    counters
        Counter of the kind -> its value; those that are not named are 0, except "knn" and "edges_cut".
    reason
        Beginning of the sentence by which the file is refused, or "" for one that can be read.
    """

    raw: bytes
    primitives: Mapping[str, int] = field(default_factory=dict)
    counters: Mapping[str, int] = field(default_factory=dict)
    reason: str = ""


HOSTILE: Registry[Callable[[], Hostile]] = Registry("hostile drawing", group="evenhand.testing.drawings")
"""Name -> function that makes the file; the same bytes each time."""


def hostile(name: str) -> Hostile:
    """Return a hostile file by its name."""
    return HOSTILE.get(name)()


def _motif(block: Any) -> None:
    """Draw a line, an arc and a polyline with a bulge, which no turn or mirror image brings onto themselves."""
    block.add_line((0, 0), (3, 0))
    block.add_arc((1, 1), 0.5, 10, 100)
    block.add_lwpolyline([(0, 2, 0.5), (2, 2, 0), (2, 3, -0.3)], format="xyb")


_MOTIF = {"line": 1, "arc": 1, "polyline": 1}


def _times(counts: Mapping[str, int], n: int) -> dict[str, int]:
    return {name: count * n for name, count in counts.items()}


@HOSTILE.register("mirrored inserts")
def mirrored_inserts() -> Hostile:
    """Inserts mirrored by a negative scale or by their extrusion, turned by 90 degrees, of unequal scales."""
    document = new_document("R2010")
    _motif(document.blocks.new("MOTIF"))
    space = document.modelspace()
    for at, how in enumerate((
        {"xscale": -1, "rotation": 90},
        {"yscale": -2, "rotation": 90},
        {"extrusion": (0, 0, -1), "rotation": 90},
        {"extrusion": (0, 0, -1), "xscale": -1.5, "yscale": 0.5, "rotation": 30},
    )):  # fmt: skip
        space.add_blockref("MOTIF", (10.0 * at, 5), how)
    return Hostile(dxf_bytes(document), _times(_MOTIF, 4), {"inserts": 4})


@HOSTILE.register("nested blocks")
def nested_blocks() -> Hostile:
    """Six blocks within each other, every level turned, scaled and mirrored, each inserted twice: 64 motifs."""
    document = new_document("R2000")
    _motif(document.blocks.new("LEVEL0"))
    for level in range(1, 6):
        block = document.blocks.new(f"LEVEL{level}")
        block.add_blockref(f"LEVEL{level - 1}", (0, 0), {"rotation": 90, "xscale": -0.9})
        block.add_blockref(f"LEVEL{level - 1}", (4.0 * level, 1), {"rotation": 20, "yscale": 1.1})
    space = document.modelspace()
    space.add_blockref("LEVEL5", (0, 0))
    space.add_blockref("level5", (100, 0), {"xscale": -1})  # names of blocks have no case
    return Hostile(dxf_bytes(document), _times(_MOTIF, 64), {"inserts": 12})


@HOSTILE.register("minsert")
def minsert() -> Hostile:
    """An insert that stands for 3 × 4 copies, turned and mirrored."""
    document = new_document("R2010")
    _motif(document.blocks.new("MOTIF"))
    grid = {"row_count": 3, "column_count": 4, "row_spacing": 5, "column_spacing": 6, "rotation": 90, "xscale": -1}
    document.modelspace().add_blockref("MOTIF", (1, 2), grid)
    return Hostile(dxf_bytes(document), _times(_MOTIF, 12), {"inserts": 1})


@HOSTILE.register("attributes")
def attributes() -> Hostile:
    """A block with a template of text (ATTDEF) that is not drawn, and an insert with the text (ATTRIB) that is."""
    document = new_document("R2010")
    block = document.blocks.new("TAGGED")
    block.add_circle((0, 0), 1)
    block.add_attdef("NUMBER", (0, 0), dxfattribs={"height": 0.5})
    document.modelspace().add_blockref("TAGGED", (5, 5)).add_auto_attribs({"NUMBER": "17"})
    document.modelspace().add_line((0, 0), (9, 9))
    return Hostile(dxf_bytes(document), {"circle": 1, "text": 1, "line": 1}, {"inserts": 1})


@HOSTILE.register("R12 polylines")
def r12_polylines() -> Hostile:
    """POLYLINE with bulges, in space, and smoothed with the corners of its frame kept as vertices."""
    document = new_document("R12")
    space = document.modelspace()
    space.add_polyline2d([(0, 0, 1.0), (4, 0, 0.0), (4, 4, -0.5)], format="xyb", close=True)
    space.add_polyline3d([(0, 0, 0), (1, 2, 3), (4, 5, 6)])
    smooth = space.add_polyline2d([(0, 9), (1, 10), (2, 9)])
    smooth.dxf.flags |= 4
    for vertex, flag in zip(smooth.vertices, (16, 8, 8), strict=True):
        vertex.dxf.flags |= flag
    mesh = space.add_polymesh((3, 3))
    for x in range(3):
        for y in range(3):
            mesh.set_mesh_vertex((x, y), (10.0 + x, y, x * y / 4))
    return Hostile(dxf_bytes(document), {"polyline": 3, "solid": 4})


@HOSTILE.register("object coordinates")
def object_coordinates() -> Hostile:
    """Arc, circle, polyline, solid and hatch seen from behind: their x runs the other way."""
    document = new_document("R2010")
    space, behind = document.modelspace(), {"extrusion": (0, 0, -1)}
    space.add_arc((-5, 5), 2, 10, 80, dxfattribs=behind)
    space.add_circle((-9, 1), 1, behind)
    space.add_lwpolyline([(-1, 0, 1), (-3, 0, 0), (-3, 2, 0)], format="xyb", dxfattribs=behind)
    space.add_solid([(-6, 0), (-7, 0), (-6, 1), (-7, 1)], behind)
    hatch = space.add_hatch(dxfattribs=behind)
    hatch.paths.add_polyline_path([(-8, 0, 0.2), (-10, 0), (-10, 3)], is_closed=True)
    space.add_line((0, 0), (1, 7))
    return Hostile(dxf_bytes(document), {"arc": 1, "circle": 1, "polyline": 1, "solid": 1, "hatch": 1, "line": 1})


@HOSTILE.register("splines")
def splines() -> Hostile:
    """Splines by control points, by fit points alone, closed, rational, and with hundreds of knots."""
    document = new_document("R2018")
    space = document.modelspace()
    corners = [(0, 0, 0), (2, 5, 0), (5, 5, 0), (7, 0, 0), (9, 3, 0)]
    space.add_open_spline(corners)
    space.add_spline().set_closed([(x, y + 10, z) for x, y, z in corners])
    space.add_rational_spline([(x + 10, y, z) for x, y, z in corners], weights=[1, 5, 0.2, 3, 1])
    space.add_spline([(x + 20, y, z) for x, y, z in corners])
    waves = [(t / 40, 20 + math.sin(t / 5), 0) for t in range(600)]
    space.add_open_spline(waves)
    return Hostile(dxf_bytes(document), {"spline": 5})


@HOSTILE.register("hatch edges")
def hatch_edges() -> Hostile:
    """Two hatches: one bounded by a line, arcs, elliptic arcs and a spline in both directions, one by polylines."""
    document = new_document("R2010")
    space = document.modelspace()
    path = space.add_hatch().paths.add_edge_path()
    path.add_line((0, 0), (4, 0))
    path.add_arc((4, 2), 2, -90, 90, ccw=True)
    path.add_ellipse((2, 4), (2, 0), 0.5, 0, 180, ccw=False)
    path.add_spline(
        control_points=[(0, 4), (-1, 3), (1, 1), (0, 0)], degree=3, knot_values=[0, 0, 0, 0, 1, 1, 1, 1]
    )
    two = space.add_hatch()
    two.paths.add_polyline_path([(10, 0), (14, 0, 0.4), (14, 4), (10, 4)], is_closed=True)
    two.paths.add_polyline_path([(11, 1), (12, 1), (12, 2)], is_closed=True, flags=16)
    return Hostile(dxf_bytes(document), {"hatch": 3})


@HOSTILE.register("dense hatch")
def dense_hatch() -> Hostile:
    """A pattern of a hundred million strokes, if it were drawn."""
    document = new_document("R2010")
    space = document.modelspace()
    hatch = space.add_hatch()
    hatch.set_pattern_fill("ANSI37", scale=1e-5)
    hatch.paths.add_polyline_path([(0, 0), (1000, 0), (1000, 1000), (0, 1000)], is_closed=True)
    space.add_circle((500, 500), 200)
    return Hostile(dxf_bytes(document), {"hatch": 1, "circle": 1})


@HOSTILE.register("dimensions")
def dimensions() -> Hostile:
    """Linear dimensions, whose lines lie in anonymous blocks, between two lines; one whose block is missing."""
    document = new_document("R2010")
    space = document.modelspace()
    space.add_line((0, 0), (10, 0))
    space.add_line((0, 0), (0, 10))
    for at in (0, 20):
        block = document.blocks.new_anonymous_block(type_char="D")
        block.add_line((at, 0), (at, -4))
        block.add_line((at + 10, 0), (at + 10, -4))
        block.add_line((at, -3), (at + 10, -3))
        block.add_solid([(at, -3), (at + 1, -3.2), (at, -3), (at + 1, -2.8)])
        block.add_text("10", dxfattribs={"insert": (at + 4, -2.5), "height": 1})
        drawn = space.add_linear_dim(base=(at, -3), p1=(at, 0), p2=(at + 10, 0))
        drawn.dimension.dxf.geometry = block.name
    lost = space.add_linear_dim(base=(0, 14), p1=(0, 10), p2=(10, 10))
    lost.dimension.dxf.geometry = "*D99"
    return Hostile(dxf_bytes(document), {"line": 2, "dimension": 10}, {"unread": 1})


@HOSTILE.register("far away")
def far_away() -> Hostile:
    """Twenty circles, and a short line a thousand kilometres from them."""
    document = new_document("R2010")
    space = document.modelspace()
    for at in range(20):
        space.add_circle((at, at % 3), 1.0)
    space.add_line((1e9, 1e9), (1e9 + 1, 1e9))
    return Hostile(dxf_bytes(document), {"circle": 20, "line": 1}, {"far": 1})


@HOSTILE.register("paper space alone")
def paper_space_alone() -> Hostile:
    """An empty model, and a motif on the sheet beside its viewport."""
    document = new_document("R2010")
    sheet = document.layout("Layout1")
    sheet.add_viewport((5, 5), (10, 10), (0, 0), 10)
    _motif(sheet)
    return Hostile(dxf_bytes(document), _MOTIF, {"paper": 1})


@HOSTILE.register("paper space beside")
def paper_space_beside() -> Hostile:
    """A motif in the model; the frame on the sheet is not part of it."""
    document = new_document("R2010")
    _motif(document.modelspace())
    document.layout("Layout1").add_lwpolyline([(0, 0), (420, 0), (420, 297), (0, 297)], close=True)
    return Hostile(dxf_bytes(document), _MOTIF)


@HOSTILE.register("empty")
def empty() -> Hostile:
    """A drawing without entities."""
    return Hostile(dxf_bytes(new_document("R2010")), reason="is an empty drawing")


def _with_entities(document: Any, entities: str) -> bytes:
    """Return the file of a document with the text of more entities at the end of its model."""
    before, head, after = dxf_bytes(document).decode("utf-8").partition("  2\nENTITIES\n")
    held, end, rest = after.partition("  0\nENDSEC\n")
    return (before + head + held + entities + end + rest).encode("utf-8")


def _proxy(handle: str, graphic: bytes = b"") -> str:
    """Return the text of an ACAD_PROXY_ENTITY: what a program's own entity becomes in one that lacks it."""
    data = f" 92\n{len(graphic)}\n310\n{graphic.hex().upper()}\n" if graphic else ""
    return (
        f"  0\nACAD_PROXY_ENTITY\n  5\n{handle}\n100\nAcDbEntity\n  8\n0\n{data}100\nAcDbProxyEntity\n 90\n498\n"
        " 91\n500\n 95\n0\n 70\n0\n 93\n0\n 94\n0\n"
    )


@HOSTILE.register("proxies")
def proxies() -> Hostile:
    """Two proxies without graphics, one whose graphics are a line, and a solid of the modelling kernel."""
    document = new_document("R2000")  # which holds such solids as text
    _motif(document.modelspace())
    document.modelspace().add_3dsolid().sat = ["700 0 1 0", "End-of-ACIS-data"]
    points = struct.pack("<L6d", 2, 0, 0, 0, 5, 5, 0)
    chunk = struct.pack("<2L", 8 + len(points), 6) + points  # type 6: a polyline
    graphic = struct.pack("<2L", 8 + len(chunk), 1) + chunk
    raw = _with_entities(document, _proxy("FF01") + _proxy("FF02") + _proxy("FF03", graphic))
    return Hostile(raw, {**_MOTIF, "polyline": 2}, {"unread": 3})


def _chinese(version: str) -> Any:
    document = new_document(version)
    document.layers.add("轮廓线")
    _motif(document.blocks.new("螺栓孔"))
    space = document.modelspace()
    space.add_text("技术要求:未注倒角", dxfattribs={"layer": "轮廓线", "insert": (0, 5)})
    space.add_blockref("螺栓孔", (0, 0), {"layer": "轮廓线"})
    return document


_CHINESE = {**_MOTIF, "text": 1}


@HOSTILE.register("GBK")
def gbk() -> Hostile:
    """Chinese names of layers and blocks in the code page that the header names."""
    document = _chinese("R2000")
    document.encoding = "gbk"
    return Hostile(dxf_bytes(document), _CHINESE, {"inserts": 1})


@HOSTILE.register("GBK called Western")
def gbk_called_western() -> Hostile:
    """The same bytes, under a header that says Windows-1252."""
    raw = gbk().raw.replace(b"ANSI_936", b"ANSI_1252")
    return Hostile(raw, _CHINESE, {"inserts": 1, "encoding": 1})


@HOSTILE.register("UTF-8 called GBK")
def utf8_called_gbk() -> Hostile:
    """R2007 and later is UTF-8 whatever the header says: nothing is wrong with it."""
    raw = dxf_bytes(_chinese("R2007"))
    assert b"ANSI_1252" in raw
    return Hostile(raw.replace(b"ANSI_1252", b"ANSI_936"), _CHINESE, {"inserts": 1})


@HOSTILE.register("GBK in R2010")
def gbk_in_r2010() -> Hostile:
    """GBK where only UTF-8 is allowed, as some exporters write."""
    raw = dxf_bytes(_chinese("R2010")).decode("utf-8").encode("gbk")
    return Hostile(raw, _CHINESE, {"inserts": 1, "encoding": 1})


@HOSTILE.register("binary")
def binary() -> Hostile:
    """A binary file."""
    return Hostile(dxf_bytes(_chinese("R2010"), binary=True), _CHINESE, {"inserts": 1})


@HOSTILE.register("without end")
def without_end() -> Hostile:
    """A file without its last line, EOF, as after an interrupted copy of which nothing else is missing."""
    document = new_document("R2010")
    _motif(document.modelspace())
    raw = dxf_bytes(document)
    cut = raw.rstrip().removesuffix(b"EOF").rstrip().removesuffix(b"0").rstrip()
    return Hostile(cut, _MOTIF, {"recovered": 1})


@HOSTILE.register("DOS lines")
def dos_lines() -> Hostile:
    """Lines that end in CR LF, as most programs write them, behind a byte order mark."""
    document = new_document("R2010")
    _motif(document.modelspace())
    return Hostile(b"\xef\xbb\xbf" + dxf_bytes(document).replace(b"\n", b"\r\n"), _MOTIF)
