"""A drawing as primitives of the modelspace: inserts are replaced by what their blocks hold, to a bounded size.

A block is turned into arrays once and moved by the matrix of each of its inserts. All that lies in it has points of
its own, so that no kind of entity has to be transformed: a circle under a matrix that stretches it is an ellipse
without anybody saying so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from ezdxf.math import Vec3

from evenhand.modalities.drawings.reading.clip import clipped, clipping_region
from evenhand.modalities.drawings.reading.curves import MAKERS
from evenhand.modalities.drawings.reading.marks import NO_MARK, Marker
from evenhand.modalities.drawings.reading.shapes import Arc, Curve, Curves, Points, sampled

DEEPEST = 24
"""Deepest nesting of inserts that is followed."""
CHUNK = 4096
"""Entities that are sampled together."""
WITHOUT_SHAPE = frozenset(
    {
        "VIEWPORT",
        "IMAGE",
        "WIPEOUT",
        "UNDERLAY",
        "PDFUNDERLAY",
        "DWFUNDERLAY",
        "DGNUNDERLAY",
        "LIGHT",
        "SUN",
        "SEQEND",
        "RAY",
        "XLINE",
        "OLE2FRAME",
        "OLEFRAME",
    }
)
"""Entities without a finite outline of their own."""
DIMENSIONS = frozenset({"DIMENSION", "ARC_DIMENSION", "LARGE_RADIAL_DIMENSION"})
PARTS_AS = {"MULTILEADER": "leader", "MLEADER": "leader"}
"""DXF types whose parts are primitives of one type, whatever they are drawn with."""


@dataclass
class Explosion:
    """What happened while a drawing was exploded.

    Attributes
    ----------
    curves
        In the order of the file.
    unread
        DXF type -> entities that have no curve: proxies, solids of the ACIS kernel, types that are not known,
        dimensions without their block.
    broken
        Entities whose data cannot be read, or whose points are not finite.
    inserts
        Inserts that were followed, each in the block where it stands.
    clipped
        Of these, inserts that show a part of their block.
    cut
        Entities and copies of blocks left out because of `most`, or because inserts are nested too deep.
    loops
        Inserts left out because they lead back to a block that they lie in, as (outer block, inserted block) in
        lower case -> how often.
    hidden
        Entities and attributes that are marked as invisible, such as the other states of a dynamic block.
    """

    curves: Curves = field(default_factory=lambda: Curves.joined([]))
    unread: Counter[str] = field(default_factory=Counter)
    broken: int = 0
    inserts: int = 0
    clipped: int = 0
    cut: int = 0
    loops: Counter[tuple[str, str]] = field(default_factory=Counter)
    hidden: int = 0


def explode(document: Any, layout: Iterable[Any], most: int, marker: Marker | None = None) -> Explosion:
    """Return the primitives of a layout.

    Parameters
    ----------
    document
        The `ezdxf` drawing that holds the blocks.
    layout
        Its entities.
    most
        Most primitives; what comes after them is counted and left out.
    marker
        Notes layer, colour and text of each primitive; None to read none of them.
    """
    exploder = Exploder(document, most, marker)
    exploder.out.curves = Curves.joined(list(exploder.parts(layout)))
    return exploder.out


class Exploder:
    """Explodes a layout part by part, so that the points of all of a large drawing are never held at once.

    Attributes
    ----------
    out
        What happened so far; its `curves` stay empty.
    """

    def __init__(self, document: Any, most: int, marker: Marker | None = None) -> None:
        self.out = Explosion()
        self._document = document
        self._most = most
        self._marker = marker
        self._blocks: dict[str, Curves] = {}
        self._within: dict[tuple[str, int], Curves] = {}
        self._open: list[str] = []
        self._full = False
        self._incomplete = False

    def parts(self, layout: Iterable[Any]) -> Iterator[Curves]:
        """Yield the sound curves of a layout in order, some thousands at a time."""
        for part in self._container(layout, self._most):
            sound, broken = part.sound()
            self.out.broken += broken
            yield sound

    def _container(self, entities: Iterable[Any], room: int) -> Iterator[Curves]:
        """Yield the curves of entities in the coordinates of their container, at most `room` of them."""
        waiting: list[Curve | Arc] = []
        marks: list[tuple[int, int, int]] = []
        marker = self._marker

        def flush() -> Iterator[Curves]:
            if waiting:
                yield sampled(waiting, marks if marker else None)
                waiting.clear()
                marks.clear()

        for entity in entities:
            if room <= 0:
                self._left_out(1)
                continue
            found = self._entity(entity, room)
            if isinstance(found, list):
                self._left_out(len(found) - room)
                found = found[:room]
                room -= len(found)
                waiting += found
                if marker and found:
                    marks += [self._mark(marker, entity)] * len(found)
                if len(waiting) >= CHUNK:
                    yield from flush()
                continue
            yield from flush()
            for part in found:
                room -= len(part)
                yield part
        yield from flush()

    def _mark(self, marker: Marker, entity: Any) -> tuple[int, int, int]:
        """Return what a marker notes of an entity; nothing of one whose layer, colour or text cannot be read."""
        try:
            return marker.of(entity)
        except (MemoryError, RecursionError):
            raise
        except Exception:  # whatever a damaged entity does to the library; its outline is sound
            self.out.broken += 1
            return NO_MARK

    def _left_out(self, count: int) -> None:
        if count > 0:
            self.out.cut += count
            self._full = True

    def _entity(self, entity: Any, room: int) -> list[Curve | Arc] | tuple[Curves, ...]:
        """Return the shapes of an entity, or the sampled curves of what it contains."""
        name = entity.dxftype()
        try:
            if entity.dxf.hasattr("invisible") and entity.dxf.invisible:
                self.out.hidden += 1
                return []
            if name in MAKERS:
                if name == "ATTRIB" and entity.is_invisible:
                    self.out.hidden += 1
                    return []
                return list(MAKERS[name](entity))
            if name == "INSERT":
                return tuple(self._insert(entity, room))
            if name in DIMENSIONS:
                return tuple(part.as_kind("dimension") for part in self._dimension(entity, name, room))
            return tuple(self._others(entity, name, room))
        except MemoryError:
            raise
        except Exception:  # whatever a damaged entity does to the library
            self.out.broken += 1
            return []

    def _others(self, entity: Any, name: str, room: int) -> Sequence[Curves]:
        """Return the curves of a type without a function of its own, by its virtual entities or proxy graphics."""
        if name in WITHOUT_SHAPE:
            return []
        parts: Iterable[Any] = ()
        if hasattr(entity, "virtual_entities"):
            parts = entity.virtual_entities()
        elif getattr(entity, "proxy_graphic", None):
            from ezdxf.proxygraphic import ProxyGraphic

            parts = ProxyGraphic(entity.proxy_graphic, self._document).virtual_entities()
        curves = self._inside(f"{name} {entity.dxf.handle}", parts, room)
        if not curves:
            self.out.unread[name] += 1
            return []
        return [curves.as_kind(PARTS_AS[name])] if name in PARTS_AS else [curves]

    def _dimension(self, entity: Any, name: str, room: int) -> Sequence[Curves]:
        """Return the curves of a dimension: they lie in an anonymous block, where its program drew them."""
        block = entity.dxf.get("geometry")
        if not block or self._document.blocks.get(block) is None:
            self.out.unread[f"{name} without its block"] += 1
            return []
        if (
            entity.ocs().transform
        ):  # all of the block lies in the dimension's object coordinates: rare, left to ezdxf
            return [self._inside(f"{name} {entity.dxf.handle}", entity.virtual_entities(), room)]
        held = self._block(block, room)
        if self._marker:
            held = self._marker.inherited(held, entity)
        shift = Vec3(entity.dxf.get("insert", (0, 0, 0)))
        matrix = np.eye(4)
        matrix[3, :3] = shift.xyz
        return [held.moved(matrix) if shift else held]

    def _insert(self, entity: Any, room: int) -> Sequence[Curves]:
        self.out.inserts += 1
        held = self._block(entity.dxf.name, room)
        region = clipping_region(entity)
        if region is not None:
            held = clipped(held, region)
            self.out.clipped += 1
        if self._marker:
            held = self._marker.inherited(held, entity)
        parts: list[Curves] = []
        offsets = _grid(entity, room // max(1, len(held)) + 1 if len(held) else 1)
        if len(held):
            # The matrix takes the base point of the block into account, and the object coordinates of the insert.
            matrix = np.array(list(entity.matrix44()), dtype=np.float64).reshape(4, 4)
            copies = held.moved(matrix, offsets)
            parts.append(copies.first(room))
            left_out = _cells(entity) * len(held) - len(parts[0])
            self._left_out(-(-left_out // len(held)))
        room -= sum(map(len, parts))
        if entity.attribs:
            attributes = Curves.joined(list(self._container(entity.attribs, room)))
            if offsets is not None and len(attributes):
                attributes = attributes.moved(np.eye(4), offsets).first(room)
            parts.append(attributes)
        return parts

    def _block(self, name: str, room: int) -> Curves:
        """Return the curves of a block in its own coordinates, at most `room` of them."""
        key = str(name).lower()
        known = self._blocks.get(key)
        if known is None and key not in self._open:
            known = self._within.get((key, len(self._open)))
            # Part of a loop, or cut for its depth: so are the blocks that hold it.
            self._incomplete = self._incomplete or known is not None
        if known is not None:
            return known.first(room)
        block = self._document.blocks.get(name)
        if block is None:
            self.out.unread["INSERT of a block that is not there"] += 1
            return Curves.joined([])
        if self._looped(key):
            return Curves.joined([])
        before, self._incomplete = self._incomplete, False
        curves = self._inside(key, (one for one in block if one.dxftype() != "ATTDEF"), room)
        # What `most` cuts off has used up all room: nobody will ask for it again. What is left out for its depth or
        # its loop may be there when the block stands elsewhere; within one insert of the layout it is left out
        # again, or blocks that insert one another would be followed along every path among them.
        if not self._full:
            if self._incomplete:
                self._within[key, len(self._open)] = curves
            else:
                self._blocks[key] = curves
        self._incomplete = self._incomplete or before
        return curves

    def _looped(self, key: str) -> bool:
        """Return whether a container is open already, or too deep; it is then left out."""
        looped, too_deep = key in self._open, len(self._open) >= DEEPEST
        if looped:
            self.out.loops[self._open[-1], key] += 1
        else:
            self.out.cut += too_deep
        self._incomplete = self._incomplete or looped or too_deep
        return looped or too_deep

    def _inside(self, key: str, entities: Iterable[Any], room: int) -> Curves:
        """Return the curves of what something contains, unless it contains itself or lies too deep."""
        if self._looped(key):
            return Curves.joined([])
        self._open.append(key)
        try:
            return Curves.joined(list(self._container(entities, room)))
        finally:
            self._open.pop()
            if not self._open:  # blocks that the layout itself inserts give the same again
                self._within = {at: curves for at, curves in self._within.items() if at[1] == 0}


def _cells(entity: Any) -> int:
    """Return the copies that a multiple insert makes; without spacing, they lie on each other and count once."""
    rows = entity.dxf.row_count if entity.dxf.row_spacing else 1
    columns = entity.dxf.column_count if entity.dxf.column_spacing else 1
    return int(max(1, rows)) * int(max(1, columns))


def _grid(entity: Any, most: int) -> Points | None:
    """Return (c, 3) the offsets of the first copies of a multiple insert, row by row, or None for a single one.

    The grid is turned with the insert and lies in its object coordinates, but is not scaled.
    """
    cells = _cells(entity)
    if cells == 1:
        return None
    columns = max(1, entity.dxf.column_count) if entity.dxf.column_spacing else 1
    cell = np.arange(min(cells, most))
    flat = np.column_stack([cell % columns * entity.dxf.column_spacing, cell // columns * entity.dxf.row_spacing])
    angle = np.radians(entity.dxf.rotation)
    turned = flat @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    ocs = entity.ocs()
    return np.asarray(turned @ np.array([ocs.ux.xyz, ocs.uy.xyz]))
