"""Small DXF drawings: generated parts, and single entities of every type that a drawing is made of."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ezdxf import recover
from ezdxf.math import Matrix44
from ezdxf.transform import inplace

from evenhand.base.errors import EvenhandError, unknown
from evenhand.base.seeds import generator
from evenhand.modalities.drawings.example.dxf_bytes import dxf_bytes, new_document
from evenhand.modalities.drawings.example.offices import VERSIONS, Office, some_office
from evenhand.modalities.drawings.example.parts import PARTS, draw_part
from evenhand.modalities.drawings.example.write_example import write_example

__all__ = ["CLASSES", "VERSIONS", "Office", "dxf_bytes", "moved_copy", "new_document", "part_bytes", "part_of",
           "write_drawings"]  # fmt: skip

CLASSES: Sequence[str] = tuple(part.english for part in PARTS)
"""Classes of generated drawings, the most frequent first."""


def write_drawings(folder: Path, *, rows: int = 120, seed: int = 0) -> Path:
    """Write drawings of `CLASSES` into `folder` and return the TOML that trains on them.

    The same rows and seed give the same bytes with the same ezdxf.
    """
    return write_example(generator("drawings", rows, seed), rows, folder)


def part_of(name: str, *, office: Office | None = None, seed: int = 0) -> Any:
    """Return an `ezdxf` drawing of a part.

    Parameters
    ----------
    name
        One of `CLASSES`.
    office
        How it is drawn; None for habits at random.
    seed
        Seed of shape, size and habits.
    """
    found = [part for part in PARTS if part.english == name]
    if not found:
        raise EvenhandError(unknown("part", name, CLASSES))
    rng = generator("part", name, seed)
    habits = office or some_office(rng, chinese=bool(seed % 2))
    return draw_part(found[0], habits, int(rng.integers(2**31)), rng, found[0].chinese if habits.chinese else name)


def part_bytes(name: str, *, office: Office | None = None, seed: int = 0) -> bytes:
    """Return the file of a drawing of a part; see `part_of`."""
    return dxf_bytes(part_of(name, office=office, seed=seed))


def moved_copy(raw: bytes, rng: np.random.Generator) -> bytes:
    """Return the file of the same drawing moved, turned, scaled and mirrored, as augmentation scripts write it.

    A drawing with dimensions is not mirrored: ezdxf mirrors the block of a dimension and its coordinates too.
    """
    document: Any = recover.read(io.BytesIO(raw))[0]
    size = float(rng.uniform(0.5, 2.0))
    mirrored = rng.random() < 0.5 and not len(document.modelspace().query("DIMENSION"))
    way = Matrix44.chain(
        Matrix44.scale(-size if mirrored else size, size, size),
        Matrix44.z_rotate(float(rng.uniform(0, 2 * np.pi))),
        Matrix44.translate(*rng.uniform(-500, 500, 2), 0),
    )
    inplace(document.modelspace(), way)
    return dxf_bytes(document)
