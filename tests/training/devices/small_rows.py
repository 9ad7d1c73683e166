"""Small rows of every kind of data, as the inputs of a network that is small as well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import evenhand.modalities.beats.torch_half
import evenhand.modalities.drawings.torch_half
import evenhand.modalities.pairs.torch_half
import evenhand.modalities.photos.torch_half
import evenhand.modalities.scanlines.torch_half
from evenhand.data.store.ragged import Ragged, row_shape
from evenhand.modalities.drawings.graphs.edges import edges_of
from evenhand.modalities.drawings.graphs.nodes import node_features
from evenhand.modalities.drawings.reading.primitives import primitives, unit_box
from evenhand.modalities.drawings.reading.shapes import Curve, sampled

SIDE = 32


@dataclass(frozen=True)
class Small:
    """Keys of a model, settings of its training, and the inputs: (network, rows, further parameters)."""

    model: dict[str, Any]
    train: dict[str, Any]
    inputs: Callable[..., Any]


def photos(network: Any, rows: int, **how: Any) -> Any:
    draws = np.random.default_rng(2)
    entry: Any = {"image": draws.integers(0, 255, (rows, SIDE, SIDE, 3), dtype=np.uint8)}
    return evenhand.modalities.photos.torch_half.inputs(entry, network, **how)


def beats(network: Any, rows: int, **how: Any) -> Any:
    draws, shapes = np.random.default_rng(2), BEATS["row"]
    entry: Any = {name: draws.normal(size=(rows, *shape)).astype(np.float32) for name, shape in shapes.items()}
    return evenhand.modalities.beats.torch_half.inputs(entry, network, **how)


def scans(network: Any, rows: int, **how: Any) -> Any:
    """Scans of 9 to 14 lines, of which some were not scanned."""
    draws = np.random.default_rng(2)
    lengths = 9 + np.arange(rows) % 6
    mask = [draws.uniform(size=(n, 1, 1)) < 0.8 for n in lengths]
    parts = {
        "lines": [
            (draws.normal(size=(n, 2, 16)) * seen).astype(np.float16) for n, seen in zip(lengths, mask, strict=True)
        ],
        "mask": [np.broadcast_to(seen, (n, 2, 16)).copy() for n, seen in zip(lengths, mask, strict=True)],
        "steps": [draws.normal(size=(n, 2, 2)).astype(np.float16) for n in lengths],
    }
    entry: Any = {name: Ragged.of(found) for name, found in parts.items()}
    return evenhand.modalities.scanlines.torch_half.inputs(entry, network, **how)


def drawings(network: Any, rows: int, **how: Any) -> Any:
    entry: Any = drawn(rows)
    return evenhand.modalities.drawings.torch_half.inputs(entry, network, **how)


def drawn(rows: int) -> dict[str, Any]:
    """Return the arrays of drawings of 3 to 6 lines and arcs."""
    draws, found = np.random.default_rng(2), []
    turn = np.linspace(0, 2, 17)
    for row in range(rows):
        curves = []
        for number in range(3 + row % 4):
            place, size = draws.uniform(0, 100, 2), draws.uniform(5, 30)
            points = np.column_stack([np.cos(turn), np.sin(turn)] if number % 2 else [turn, turn * draws.normal()])
            points = np.column_stack([place + size * points, np.zeros(len(turn))])
            curves.append(Curve("arc" if number % 2 else "line", points if number % 2 else points[[0, -1]], False))
        lines, _ = unit_box(primitives(sampled(curves)))
        edges = edges_of(lines)
        found.append((node_features(lines), lines.strokes.astype(np.float32), edges.pairs, edges.relations))
    names = ("nodes", "strokes", "edges", "relations")
    return {name: Ragged.of(list(parts)) for name, parts in zip(names, zip(*found, strict=True), strict=True)}


def pairs(network: Any, rows: int, **how: Any) -> Any:
    """Pairs of which every fifth has no picture, and every sixth no text."""
    draws = np.random.default_rng(2)
    present = np.array([[row % 5 > 0, row % 6 > 0 or row % 5 == 0] for row in range(rows)], dtype=np.uint8)
    texts = [draws.integers(97, 100, (1 + row % 7) * int(present[row, 1]), dtype=np.uint8) for row in range(rows)]
    image = draws.integers(0, 255, (rows, SIDE, SIDE, 3), dtype=np.uint8)
    entry: Any = {"image": image, "text": Ragged.of(texts), "present": present}
    return evenhand.modalities.pairs.torch_half.inputs(entry, network, **how)


BEATS: dict[str, Any] = {"encoder": "resnet1d", "row": {"signal": [2, 64], "rhythm": [5], "near": [3]}}
SCANS: dict[str, Any] = {"row": {"lines": [-1, 2, 16], "mask": [-1, 2, 16], "steps": [-1, 2, 2]}}
PAIRS: dict[str, Any] = {"encoder": "pair_small", "row": {"image": [SIDE, SIDE, 3], "text": [-1], "present": [2]}}
DRAWINGS: dict[str, Any] = {
    "row": {name: list(row_shape(part)) for name, part in drawn(2).items()},
    "options": {"width": 16, "dropout": 0.0},
}
UNMIXED = {"mixup": 0.0}  # which these kinds refuse
KINDS = {
    "photos": Small({"encoder": "timm:test_resnet"}, {"cutmix": 0.5}, photos),
    "beats": Small(BEATS, {}, beats),
    "scans": Small(
        {**SCANS, "encoder": "scan_cnn2d", "options": {"width": 8, "layers": 1, "dropout": 0.0}}, {}, scans
    ),
    "gine": Small({**DRAWINGS, "encoder": "gine"}, UNMIXED, drawings),
    "strokes": Small({**DRAWINGS, "encoder": "strokes"}, UNMIXED, drawings),
    "pairs": Small({**PAIRS, "options": {"width": 8}}, UNMIXED, pairs),
}
