"""Small realistic pairs for tests of every kind: shapes with captions, of four classes, in series."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from evenhand.base.storage.files.atomic import write_text
from evenhand.modalities.pairs.example.generated import write_pairs

_TOML = """# Generated pictures of four shapes with captions; trains in seconds on one core.
[data]
kind = "pairs"
root = "."
table = "labels.csv"
label = "shape"             # several in a row: label = "tags", task = "multi"
group = "series"            # pairs of one series stay in one fold

[folds]
k = 2

[pairs]
text = "{title}, {maker}"
size = 32

[[model]]
name = "tiny"
encoder = "pair_small"
tune = "all"
options = { width = 16 }

[train]
epochs = 2
batch_size = 16
"""


def write_example(rng: np.random.Generator, rows: int, folder: Path) -> Path:
    """Write `rows` pairs of four classes below `folder` (see `write_pairs`), and a TOML that trains on them.

    Parameters
    ----------
    rng
        The only source of randomness.
    rows
        Number of pairs, at least 24.
    """
    write_pairs(rng, max(rows, 24), folder)
    write_text(folder / "pairs.toml", _TOML)
    return folder / "pairs.toml"
