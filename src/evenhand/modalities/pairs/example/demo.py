"""The demo of pairs: generated pictures with captions, several tags each, and two small networks on both halves."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from evenhand.base.storage.files.atomic import write_text
from evenhand.modalities.kind import Demo
from evenhand.modalities.pairs.example.generated import write_pairs

ROWS = 640
CREDIT = f"Pairs: {ROWS} generated pictures of shapes with captions, a tenth without each half; free to use."

_CONFIG = """\
# Generated pictures of shapes with captions: shape, colour and pattern as tags, series kept apart.
[data]
kind = "pairs"
root = "."
table = "labels.csv"
label = "tags"                  # shape|colour|pattern
task = "multi"
group = "series"

[pairs]
text = "{title}, {maker}"
size = 48

[folds]
k = 3
test = { fraction = 0.2 }       # locked: opened once, at the end

[[model]]
name = "both"
encoder = "pair_small"          # a small network for pictures, and one for texts
tune = "all"

[[model]]
name = "both-mlp"
encoder = "pair_small"
tune = "all"
head = "mlp"
head_width = 64
train = { augment = "geometry" }

[train]
epochs = 16
batch_size = 32
learning_rate = 3e-3
early_stop = 0

[score]
macro_f1 = 1.0

[ensemble]
methods = ["equal"]
"""


def write_demo(folder: Path, *, seed: int = 0) -> Demo:
    """Write the pairs and the configuration of the demo into `folder`."""
    write_pairs(np.random.default_rng(seed), ROWS, folder)
    write_text(folder / "demo.toml", _CONFIG)
    return Demo(folder / "demo.toml", CREDIT)
