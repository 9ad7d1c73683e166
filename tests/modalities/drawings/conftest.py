"""Encoded drawings of any size, made without a DXF file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from evenhand.data.store.ragged import Ragged, row_shape
from evenhand.modalities.drawings.graphs.edges import edges_of
from evenhand.modalities.drawings.graphs.nodes import node_features
from evenhand.modalities.drawings.reading.primitives import primitives, unit_box
from evenhand.modalities.drawings.reading.shapes import Curve, sampled
from evenhand.models.config import SizedModel


def random_curves(rng: np.random.Generator, n: int) -> list[Curve]:
    """Return lines, circles, arcs and points at random places."""
    out = []
    for _ in range(n):
        place, kind = rng.uniform(0, 100, 2), rng.choice(["line", "circle", "arc", "point"])
        if kind == "line":
            points = place + rng.uniform(-20, 20, (2, 2))
        elif kind == "point":
            points = place[None]
        else:
            t = np.linspace(0, 2 * np.pi if kind == "circle" else rng.uniform(0.5, 3), 33)
            points = place + rng.uniform(1, 20) * np.column_stack([np.cos(t), np.sin(t)])
        out.append(Curve(kind, np.column_stack([points, np.zeros(len(points))]), kind == "circle"))
    return out


@pytest.fixture
def encoded() -> Callable[..., dict[str, Any]]:
    """Return a function: sizes -> the ragged arrays of as many drawings."""

    def make(*sizes: int, seed: int = 0) -> dict[str, Any]:
        rng = np.random.default_rng(seed)
        rows = []
        for n in sizes:
            found, _ = unit_box(primitives(sampled(random_curves(rng, n))))
            edges = edges_of(found)
            rows.append((node_features(found), found.strokes.astype(np.float32), edges.pairs, edges.relations))
        names = ("nodes", "strokes", "edges", "relations")
        return {name: Ragged.of(list(parts)) for name, parts in zip(names, zip(*rows, strict=True), strict=True)}

    return make


@pytest.fixture
def sized(encoded: Callable[..., dict[str, Any]]) -> Callable[..., SizedModel]:
    """Return a function: name of an encoder, options -> the model of the rows that `encoded` makes."""

    def make(encoder: str, **options: Any) -> SizedModel:
        row = {name: row_shape(part) for name, part in encoded(3, 5).items()}
        return SizedModel(name="m", encoder=encoder, tune="all", options={"width": 32, **options}, row=row)

    return make
