"""The bytes of a drawing to encoded arrays; runs in an isolated process, within bounds of time and memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.base.errors import DataError
from evenhand.modalities.drawings.graphs.edges import edges_of
from evenhand.modalities.drawings.graphs.nodes import node_features
from evenhand.modalities.drawings.reading.explode import Explosion, explode
from evenhand.modalities.drawings.reading.open_dxf import Opened, open_dxf
from evenhand.modalities.drawings.reading.primitives import primitives, unit_box
from evenhand.modalities.drawings.reading.words import words_number
from evenhand.modalities.drawings.vocabulary import COUNTERS


def layout_of(document: Any) -> tuple[list[Any], bool]:
    """Return the entities of the modelspace, or of paper space if they are alone; and whether it is that."""
    entities = list(document.modelspace())
    if entities:
        return entities, False
    for name in document.layout_names_in_taborder():
        held = [e for e in document.layout(name) if e.dxftype() != "VIEWPORT"] if name != "Model" else []
        if held:
            return held, True
    return [], False


def read_curves(raw: bytes, most: int) -> tuple[Opened, Explosion, bool]:
    """Return the opened file, its primitives, and whether they lie in paper space."""
    opened = open_dxf(raw)
    entities, paper = layout_of(opened.document)
    return opened, explode(opened.document, entities, most), paper


def encode(raw: bytes, settings: Mapping[str, Any]) -> dict[str, np.ndarray[Any, Any]]:
    """Return the arrays of one drawing.

    Returns
    -------
    "nodes" (n, f) float32, "strokes" (n, 16, 2) float32 in the unit box, "edges" (e, 2) int32, "relations" (e,)
    uint8, "counters" (len(COUNTERS),) int64, "repairs" (b,) uint8, what was repaired, in UTF-8, "box" (4,) float64:
    centre, extent and unit, in units of the drawing, "words" (1,) int64: a hash of what is written in it.

    Raises
    ------
    DataError
        With the reason, if there is nothing to read.
    """
    opened, exploded, paper = read_curves(raw, settings["max_entities"])
    found = primitives(exploded.curves)
    if not len(found):
        raise DataError(_nothing(exploded) + (", opened by the recovery mode only" if opened.recovered else ""))
    scaled, box = unit_box(found)
    cut = max(0, len(scaled) - settings["max_nodes"])
    if cut:
        # the longest carry the shape; `stable`, so that equal ones keep the order of the file
        longest = np.argsort(-scaled.lengths, kind="stable")[: settings["max_nodes"]]
        scaled = scaled.take(np.sort(longest))
    edges = edges_of(scaled, fallback=settings["empty_edge_fallback"], neighbours=settings["neighbours"])
    counts = {
        "recovered": opened.recovered,
        "encoding": int(opened.encoding_disagrees),
        "unread": sum(exploded.unread.values()),
        "broken": exploded.broken,
        "inserts": exploded.inserts,
        "inserts_cut": exploded.cut,
        "nodes_cut": cut,
        "knn": edges.fallback,
        "edges_cut": edges.cut,
        "far": int(box.far > 0),
        "paper": int(paper),
    }
    return {
        "nodes": node_features(scaled),
        "strokes": scaled.strokes.astype(np.float32),
        "edges": edges.pairs,
        "relations": edges.relations,
        "words": np.array([words_number(opened.document, layout_of(opened.document)[0])], dtype=np.int64),
        "counters": np.array([counts[name] for name in COUNTERS], dtype=np.int64),
        "repairs": np.frombuffer("; ".join(opened.repairs).encode()[:500], dtype=np.uint8),
        "box": np.array([*box.centre, box.extent, _unit(opened.document)], dtype=np.float64),
    }


def encode_file(source: str, target: str, settings: dict[str, Any]) -> None:
    """Encode the drawing in one file into another (.npz); called in an isolated process."""
    arrays = encode(Path(source).read_bytes(), settings)
    np.savez(target, **arrays)  # type: ignore[arg-type]


def _unit(document: Any) -> int:
    try:
        return int(document.units)
    except (TypeError, ValueError):
        return 0


def _nothing(exploded: Explosion) -> str:
    if exploded.unread:
        names = ", ".join(f"{count} {name}" for name, count in exploded.unread.most_common(3))
        return f"holds nothing with an outline ({names})"
    return f"holds {exploded.broken} broken entities only" if exploded.broken else "is an empty drawing"
