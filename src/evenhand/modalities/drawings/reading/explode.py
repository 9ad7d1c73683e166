"""A drawing as primitives of the modelspace: inserts are replaced by what their blocks hold, to a bounded size.

Blocks are turned into curves once and moved by the matrix of each insert; how much an expansion will give is
counted beforehand, so that ten blocks of ten inserts of each other do not fill the memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from evenhand.modalities.drawings.reading.curves import MAKERS, Curve, Points

DEEPEST = 24
"""Deepest nesting of inserts that is followed."""
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


@dataclass
class Explosion:
    """The primitives of a drawing.

    Attributes
    ----------
    curves
        In the order of the file.
    unread
        DXF type -> entities that have no curve: proxies, solids of the ACIS kernel, types that are not known.
    broken
        Entities whose data cannot be read.
    inserts
        Inserts that were followed.
    cut
        Entities left out because of `most`, or because inserts are nested too deep or in themselves.
    """

    curves: list[Curve] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)
    broken: int = 0
    inserts: int = 0
    cut: int = 0


def explode(document: Any, layout: Iterable[Any], most: int) -> Explosion:
    """Return the primitives of a layout.

    Parameters
    ----------
    document
        The `ezdxf` drawing that holds the blocks.
    layout
        Its entities.
    most
        Most primitives; what comes after them is counted and left out.
    """
    return _Exploder(document, most).layout(layout)


class _Exploder:
    def __init__(self, document: Any, most: int) -> None:
        self._document = document
        self._most = most
        self._out = Explosion()
        self._blocks: dict[str, list[Curve]] = {}
        self._open: list[str] = []

    def layout(self, entities: Iterable[Any]) -> Explosion:
        for entity in entities:
            self._out.curves += self._curves(entity, self._most - len(self._out.curves))
        return self._out

    def _curves(self, entity: Any, room: int) -> list[Curve]:
        """Return the curves of an entity in its container's coordinates, at most `room` of them."""
        if room <= 0:
            self._out.cut += 1
            return []
        name = entity.dxftype()
        try:
            if name == "INSERT":
                return self._insert(entity, room)
            if name in ("DIMENSION", "ARC_DIMENSION", "LARGE_RADIAL_DIMENSION"):
                block = entity.dxf.get("geometry")
                curves = self._block(block, room) if block else []
                return [Curve("dimension", curve.points, curve.closed) for curve in curves]
            if name in MAKERS:
                return [curve for curve in MAKERS[name](entity) if _finite(curve)]
            return self._others(entity, name, room)
        except (MemoryError, RecursionError):
            raise
        except Exception:  # whatever a damaged entity does to the library
            self._out.broken += 1
            return []

    def _others(self, entity: Any, name: str, room: int) -> list[Curve]:
        """Return the curves of a type without a function of its own, by its virtual entities or proxy graphics."""
        if name in WITHOUT_SHAPE:
            return []
        parts: Iterable[Any] = ()
        if hasattr(entity, "virtual_entities"):
            parts = entity.virtual_entities()
        elif getattr(entity, "proxy_graphic", None):
            from ezdxf.proxygraphic import ProxyGraphic

            parts = ProxyGraphic(entity.proxy_graphic, self._document).virtual_entities()
        curves: list[Curve] = []
        for part in parts:
            if part.dxftype() != name:
                curves += self._curves(part, room - len(curves))
        if not curves:
            self._out.unread[name] += 1
        return curves

    def _insert(self, entity: Any, room: int) -> list[Curve]:
        self._out.inserts += 1
        held = self._block(entity.dxf.name, room)
        curves: list[Curve] = []
        if held:
            copies = entity.multi_insert() if entity.mcount > 1 else (entity,)
            for copy in copies:
                if len(curves) + len(held) > room:
                    self._out.cut += len(held)
                    if len(curves) >= room:
                        break
                    continue
                matrix = np.array(list(copy.matrix44()), dtype=np.float64).reshape(4, 4)
                curves += [Curve(c.kind, moved(c.points, matrix), c.closed) for c in held]
        for attribute in entity.attribs:
            curves += self._curves(attribute, room - len(curves))
        return [curve for curve in curves if _finite(curve)]

    def _block(self, name: str, room: int) -> list[Curve]:
        """Return the curves of a block in its own coordinates."""
        key = str(name).lower()
        if key in self._blocks:
            return self._blocks[key]
        block = self._document.blocks.get(name)
        if block is None:
            return []
        if key in self._open or len(self._open) >= DEEPEST:
            self._out.cut += 1
            return []
        self._open.append(key)
        curves: list[Curve] = []
        for entity in block:
            if entity.dxftype() == "ATTDEF":
                continue  # a template: what an insert shows is its ATTRIB
            curves += self._curves(entity, room - len(curves))
        self._open.pop()
        self._blocks[key] = curves
        return curves


def moved(points: Points, matrix: Points) -> Points:
    """Return (m, 3) points under a 4 × 4 matrix that multiplies row vectors from the right."""
    return np.asarray(points @ matrix[:3, :3] + matrix[3, :3])


def _finite(curve: Curve) -> bool:
    return len(curve.points) > 0 and bool(np.isfinite(curve.points).all())
