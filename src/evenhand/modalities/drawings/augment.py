"""Augmentations of batches of drawings: motions of their points, primitives and relations left out.

Measures that a motion changes are computed from the points afterwards (`encoders.geometry`), so that graph, strokes
and raster of a drawing always agree.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from evenhand.base.errors import ModelError, unknown
from evenhand.modalities.drawings.encoders.nodes_in import Batch
from evenhand.modalities.drawings.profiles import PROFILES, Profile
from evenhand.models.batch_random import Draws, uniform

ROTATION = math.radians(30)
STRETCH = 0.2
SCALE = 0.3
JITTER = 0.01
DROP = 0.2
DROP_EDGES = 0.3


def apply_profile(batch: Batch, profile: str, draws: Draws) -> Batch:
    """Return a batch after every augmentation of a profile.

    Parameters
    ----------
    draws
        One generator, or one per drawing: the only source of randomness.

    Raises
    ------
    ModelError
        If there is no such profile.
    """
    if profile not in PROFILES:
        raise ModelError(unknown("profile of augmentations for drawings", profile, PROFILES))
    strengths = PROFILES[profile]
    if not strengths:
        return batch
    moved = {**batch, "strokes": _moved(batch, strengths, draws)}
    dropped = _dropped(moved, strengths.get("drop", 0.0), draws)
    return _without_edges(dropped, strengths.get("edges", 0.0), draws)


def _moved(batch: Batch, strengths: Profile, draws: Draws) -> Tensor:
    """Return (n, p, 2) strokes under one affine map for each drawing, and a shift of each primitive."""
    strokes, graph = batch["strokes"], batch["graph"]
    b = len(batch["size"])
    chance = uniform(draws, b, columns=7).to(strokes)
    turn = (2 * chance[:, 0] - 1) * ROTATION * strengths.get("rotate", 0.0)
    turn = turn + torch.where(chance[:, 1] < 0.25 * strengths.get("turn", 0.0), math.pi / 2, 0.0)
    stretch = ((2 * chance[:, 2:4] - 1) * STRETCH * strengths.get("stretch", 0.0)).exp()
    mirror = 0.5 * strengths.get("mirror", 0.0)
    sides = torch.where(chance[:, 4:6] < mirror, -1.0, 1.0)
    cos, sin = turn.cos(), turn.sin()
    rotation = torch.stack([cos, sin, -sin, cos], dim=1).view(b, 2, 2)
    size = SCALE * strengths.get("scale", 0.0)
    if size:  # drawn only where it is asked for, so that profiles without it keep their random numbers
        stretch = stretch * (size * (2 * uniform(draws, b).to(strokes) - 1)).exp()
    maps = torch.diag_embed(stretch * sides) @ rotation
    moved = torch.bmm(strokes, maps[graph])
    level = JITTER * strengths.get("jitter", 0.0)
    if not level:
        return moved
    key = _keys(chance[:, 6])[graph]
    shift = torch.stack([_noise(key, _place(batch), axis) for axis in (0, 1)], dim=1).to(moved)
    return moved + level * (12**0.5) * (shift - 0.5).unsqueeze(1)


def _keys(chance: Tensor) -> Tensor:
    """Return (b,) int64 of (b,) float32 numbers on [0, 1), of which they hold every bit.

    Their multiples of 2^24 are whole, and so is the rest of 2^53: without float64, which Apple GPUs lack.
    """
    return (chance * 2**24).long() << 29


def _place(batch: Batch) -> Tensor:
    """Return (n,) the position of each primitive in its drawing."""
    graph, size = batch["graph"], batch["size"]
    return torch.arange(len(graph), device=graph.device) - (size.cumsum(0) - size)[graph]


def _noise(key: Tensor, place: Tensor, stream: int) -> Tensor:
    """Return (n,) float32 numbers on [0, 1), a hash of key, place and stream (SplitMix64, Steele et al. 2014).

    Drawings differ in size: numbers from a generator would depend on the largest drawing of the batch.
    """
    z = key + (place * 4 + stream + 1) * -7046029254386353131
    z = (z ^ (z >> 30)) * -4658895280553007687
    z = (z ^ (z >> 27)) * -7723592293110705685
    return ((z ^ (z >> 31)) & 0xFFFFFF).float() / 2**24


def _dropped(batch: Batch, strength: float, draws: Draws) -> Batch:
    """Return a batch without some primitives and their edges; one of each drawing, at random, always stays."""
    if not strength:
        return batch
    graph, size = batch["graph"], batch["size"]
    b, place = len(size), _place(batch)
    chance = uniform(draws, b, columns=3).to(batch["strokes"])
    share = chance[:, 0] * DROP * strength
    spared = (chance[:, 1] * size).long().clamp(max=size - 1)
    key = _keys(chance[:, 2])[graph]
    keep = (_noise(key, place, 2) >= share[graph]) | (place == spared[graph])
    number = keep.cumsum(0) - 1
    source, target = batch["edges"]
    kept = keep[source] & keep[target]
    return {
        **{name: batch[name][keep] for name in ("nodes", "strokes", "graph")},
        "size": torch.bincount(graph[keep], minlength=b),
        "edges": number[batch["edges"][:, kept]],
        "relations": batch["relations"][kept],
    }


def _without_edges(batch: Batch, strength: float, draws: Draws) -> Batch:
    """Return a batch without some relations; one that holds both ways goes or stays both ways."""
    if not strength:
        return batch
    size = batch["size"]
    chance = uniform(draws, len(size), columns=2).to(batch["strokes"])
    source, target = _place(batch)[batch["edges"]]
    graph = batch["graph"][batch["edges"][0]]
    pair = torch.minimum(source, target) * size[graph] + torch.maximum(source, target)
    key = _keys(chance[:, 1])[graph]
    kept = _noise(key, pair, 3) >= (chance[:, 0] * DROP_EDGES * strength)[graph]
    return {**batch, "edges": batch["edges"][:, kept], "relations": batch["relations"][kept]}
