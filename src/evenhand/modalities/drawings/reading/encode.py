"""The bytes of a drawing to encoded arrays; runs in an isolated process, within bounds of time and memory."""

from __future__ import annotations

import contextlib
import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import DataError, EvenhandError
from evenhand.base.storage.files.disk_errors import raise_disk_fault
from evenhand.modalities.drawings.graphs.edges import edges_of
from evenhand.modalities.drawings.graphs.nodes import node_features
from evenhand.modalities.drawings.reading.explode import WITHOUT_SHAPE, Exploder, Explosion, explode
from evenhand.modalities.drawings.reading.marks import Marker
from evenhand.modalities.drawings.reading.open_dxf import Opened, open_dxf
from evenhand.modalities.drawings.reading.primitives import Primitives, primitives, unit_box
from evenhand.modalities.drawings.reading.surroundings import surroundings
from evenhand.modalities.drawings.vocabulary import COUNTERS

OUTERMOST = 4.0
"""Strokes end so many unit boxes from the middle: one that lies far away would swamp all others in a network."""


def layout_of(document: Any) -> tuple[Iterable[Any], bool]:
    """Return the entities of the modelspace, or of paper space if they are alone; and whether it is that."""
    if any(entity.dxftype() not in WITHOUT_SHAPE for entity in document.modelspace()):
        return document.modelspace(), False
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
    uint8, "counters" (len(COUNTERS),) int64, "repairs" and "unread" (b,) uint8, what was repaired and which
    entities have no graphics, in UTF-8, "box" (4,) float64: centre, extent and unit, in units of the drawing,
    "words" (1,) int64: a hash of what is written in it, "wrapping" (len(SURROUNDINGS),) float64: measures of
    layers, colours, blocks and words for checks alone. If `read` asks for words, layers or colours, "nodes" has
    further columns (`marks.COLUMNS`).

    Raises
    ------
    DataError
        With the reason, if there is nothing to read.
    """
    opened = open_dxf(raw)
    entities, paper = layout_of(opened.document)
    read = tuple(settings["read"])
    marker = Marker(opened.document, read) if read else None
    exploder = Exploder(opened.document, settings["max_entities"], marker)
    found = Primitives.joined([primitives(part) for part in exploder.parts(entities)])
    exploded = exploder.out
    if not len(found):
        raise DataError(
            _nothing(exploded)
            + (", opened by the recovery mode only: it may be cut short" if opened.recovered else "")
        )
    scaled, box = unit_box(found)
    cut = max(0, len(scaled) - settings["max_nodes"])
    if cut:
        # the longest carry the shape; `stable`, so that equal ones keep the order of the file
        longest = np.argsort(-scaled.lengths, kind="stable")[: settings["max_nodes"]]
        scaled = scaled.take(np.sort(longest))
    edges = edges_of(scaled, fallback=settings["empty_edge_fallback"], neighbours=settings["neighbours"])
    around = surroundings(opened.document, layout_of(opened.document)[0])
    counts = {
        "recovered": opened.recovered,
        "encoding": int(opened.encoding_disagrees),
        "ambiguous": int(bool(opened.rivals)),
        "unread": sum(exploded.unread.values()),
        "broken": exploded.broken,
        "hidden": exploded.hidden,
        "inserts": exploded.inserts,
        "loops": exploded.loops.total(),
        "clipped": exploded.clipped,
        "inserts_cut": exploded.cut,
        "nodes_cut": cut,
        "knn": edges.fallback,
        "edges_cut": edges.cut,
        "far": int(box.far > 0),
        "paper": int(paper),
    }
    nodes = node_features(scaled)
    if marker:
        nodes = np.concatenate([nodes, marker.columns(scaled.marks)], axis=1)
    return {
        "nodes": nodes,
        "strokes": scaled.strokes.clip(-OUTERMOST, OUTERMOST).astype(np.float32),
        "edges": edges.pairs,
        "relations": edges.relations,
        "words": np.array([around.words_number()], dtype=np.int64),
        "counters": np.array([counts[name] for name in COUNTERS], dtype=np.int64),
        "repairs": _text("; ".join(filter(None, [opened.notes, looping(exploded.loops)]))),
        "unread": _text(named(exploded.unread)),
        "wrapping": around.measures(),
        "box": np.array([*box.centre, box.extent, _unit(opened.document)], dtype=np.float64),
    }


def named(counts: Counter[str]) -> str:
    """Return what was counted in words, most first.

    >>> named(Counter({"3DSOLID": 2, "ACAD_PROXY_ENTITY": 1}))
    '2 3DSOLID; 1 ACAD_PROXY_ENTITY'
    """
    return "; ".join(f"{count} {name}" for name, count in counts.most_common(20))


def looping(loops: Counter[tuple[str, str]], most: int = 3) -> str:
    """Return in words which inserts lead back to the block that holds them, the most frequent first.

    >>> looping(Counter({("a", "a"): 2, ("b", "a"): 1}))
    'block a inserts itself; block b inserts a, which holds it'
    """
    words = [
        f"block {outer} inserts itself" if outer == inner else f"block {outer} inserts {inner}, which holds it"
        for (outer, inner), _ in loops.most_common(most)
    ]
    return "; ".join(words)


def encode_file(source: str, target: str, settings: dict[str, Any]) -> None:
    """Encode the drawing in one file into another (.npz); called in an isolated process.

    Raises
    ------
    DataError
        With the reason, whatever a damaged file does to a library.
    """
    try:
        with without_collection():
            arrays = encode(Path(source).read_bytes(), settings)
    except (EvenhandError, MemoryError):
        raise
    except Exception as error:
        raise_disk_fault(error)
        raise DataError(f"cannot be read: it is damaged in a way that was not foreseen ({error!r:.80})") from error
    np.savez(target, **arrays)  # type: ignore[arg-type]


@contextlib.contextmanager
def without_collection() -> Iterator[None]:
    """Suspend the search for cyclic garbage: among a million new entities, it takes a third of the time."""
    gc.freeze()  # what is here already is not looked at afterwards
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.collect()


def _text(words: str) -> npt.NDArray[np.uint8]:
    return np.frombuffer(words.encode("utf-8", "replace")[:500], dtype=np.uint8)


def _unit(document: Any) -> int:
    try:
        return int(document.units)
    except (TypeError, ValueError):
        return 0


def _nothing(exploded: Explosion) -> str:
    counts = {
        "entities left out, the limit of drawings.max_entities": exploded.cut,
        "inserts of blocks in themselves": exploded.loops.total(),
        "broken": exploded.broken,
        "invisible": exploded.hidden,
    }
    what = chain(exploded.unread.most_common(3), ((name, count) for name, count in counts.items() if count))
    names = ", ".join(f"{count:,} {name}" for name, count in what)
    return f"holds nothing with an outline ({names})" if names else "is an empty drawing"
