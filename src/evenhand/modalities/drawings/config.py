"""The section [drawings]: what is read of a DXF file, and how it becomes a graph."""

from __future__ import annotations

from typing import Literal

from evenhand.base.settings.section import Section, option

Read = Literal["layers", "colours", "text"]


class DrawingsConfig(Section):
    """How DXF files become graphs of primitives."""

    read: list[Read] = option(
        [],
        description="What a model may read beside geometry: layers, colours, text. By default nothing: they often "
        "give the class away.",
    )
    max_nodes: int = option(
        2000,
        ge=1,
        unit="primitives",
        description="Most primitives of a graph; of a larger drawing the longest are kept.",
    )
    empty_edge_fallback: Literal["knn", "none"] = option(
        "knn",
        description="What happens to a primitive without any relation: joined to its nearest ones, or left alone.",
    )
    neighbours: int = option(8, ge=1, le=64, description="Primitives that the fall-back joins.")
    max_entities: int = option(
        200_000,
        ge=1,
        unit="entities",
        description="Most primitives that inserts are expanded to; the rest is left out.",
    )
    seconds: float = option(
        10.0, gt=0, le=3600, unit="s", description="Processor time after which a file is given up."
    )
    memory_mib: int = option(
        1024, ge=64, le=1 << 20, unit="MiB", description="Memory beyond which a file is given up."
    )
    max_bytes: int = option(200_000_000, ge=1, unit="bytes", description="Larger files are refused unread.")
