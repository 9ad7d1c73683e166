"""A project of drawings as it was inherited: copies on both sides of its split. The data of a tutorial.

python -m evenhand.testing.inherited_drawings FOLDER
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evenhand.base.seeds import generator
from evenhand.base.storage.files.atomic import replacing, write_text
from evenhand.modalities.drawings.example.dxf_bytes import dxf_bytes
from evenhand.modalities.drawings.example.offices import Office
from evenhand.modalities.drawings.example.parts import PARTS, draw_part
from evenhand.testing.drawings import moved_copy

_COMPANY = Office(frame=True, dimensions=0)

CONFIG = """\
# As it was inherited: 92 % on the golden drawings.
[data]
kind = "drawings"
root = "."
table = "manifest.csv"
label = "label"

[drawings]
max_nodes = 17
empty_edge_fallback = "knn"

[folds]
k = 2
test = { column = "split", value = "golden" }
duplicates = "ignore"
families = []

[[model]]
name = "graph"
encoder = "edge_sage"
tune = "all"
options = { width = 32, layers = 2 }

[train]
epochs = 10
batch_size = 32
learning_rate = 3e-3
early_stop = 0
choose_by = "last"

[score]
accuracy = 1.0

[ensemble]
methods = []
"""


@dataclass(frozen=True)
class _File:
    """One row of the manifest."""

    path: str
    label: str
    order: str
    raw: bytes


def write_inherited(folder: Path, *, originals: int = 160, seed: int = 0) -> Path:
    """Write the drawings, `manifest.csv` and `inherited.toml` into `folder`, and return the last.

    `originals` drawings of seven classes come from orders of about three variants each. Every one has two copies
    that a script moved, turned, scaled and mirrored (`_aug1`, `_aug2`). A fifth of all these files, at random, are
    called golden; so are copies of a tenth of the others, byte for byte, under other names.
    """
    rng = generator("inherited drawings", originals, seed)
    files = [file for part, count in _counts(originals) for file in _orders(part, count, rng)]
    golden = rng.random(len(files)) < 0.2
    table = [("path", "label", "order", "split")]
    for file, held in zip(files, golden, strict=True):
        table.append(_written(folder, file, "golden" if held else "train"))
    training = np.flatnonzero(~golden)
    for number, at in enumerate(rng.choice(training, len(training) // 10, replace=False)):
        source = files[at]
        copy = _File(f"golden/G{number:03d}.dxf", source.label, source.order, source.raw)
        table.append(_written(folder, copy, "golden"))
    with (
        replacing(folder / "manifest.csv") as part_file,
        part_file.open("w", encoding="utf-8", newline="") as file_,
    ):
        csv.writer(file_).writerows(table)
    write_text(folder / "inherited.toml", CONFIG)
    return folder / "inherited.toml"


def _counts(originals: int) -> list[tuple[int, int]]:
    """Return (position of the part, number of drawings)."""
    return [(at, max(6, round(originals * part.share))) for at, part in enumerate(PARTS)]


def _orders(at: int, count: int, rng: np.random.Generator) -> list[_File]:
    """Return the drawings of a part and their copies, order by order."""
    part, out = PARTS[at], []
    for number, variants in enumerate(np.array_split(np.arange(count), max(2, count // 3))):
        form, order = int(rng.integers(2**31)), f"{part.english}-{number:02d}"
        for variant in variants:
            stem = f"drawings/{order}_{variant:03d}"
            raw = dxf_bytes(draw_part(part, _COMPANY, form, rng, order))
            out.append(_File(f"{stem}.dxf", part.english, order, raw))
            out += [_File(f"{stem}_aug{copy}.dxf", part.english, order, moved_copy(raw, rng)) for copy in (1, 2)]
    return out


def _written(folder: Path, file: _File, split: str) -> tuple[str, str, str, str]:
    path = folder / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file.raw)
    return file.path, file.label, file.order, split


if __name__ == "__main__":
    sys.stdout.write(f"{write_inherited(Path(sys.argv[1]))}\n")
