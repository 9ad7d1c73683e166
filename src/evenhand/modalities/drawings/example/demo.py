"""The demo of drawings: generated parts, two networks and their blend."""

from __future__ import annotations

from pathlib import Path

from evenhand.base.seeds import generator
from evenhand.base.storage.files.atomic import write_text
from evenhand.modalities.drawings.example.write_example import DATA, write_example
from evenhand.modalities.kind import Demo

ROWS = 400
CREDIT = f"Drawings: {ROWS} generated DXF files of seven kinds of mechanical parts; free to use."

_CONFIG = f"""\
# Generated drawings of seven kinds of mechanical parts, in series, from offices that draw differently.
{DATA}
[folds]
k = 5

[[model]]
name = "graph"
encoder = "edge_sage"           # messages along the relations between lines
tune = "all"
options = {{ width = 48, layers = 2 }}

[[model]]
name = "strokes"
encoder = "strokes"             # attention over points along the lines
tune = "all"
options = {{ width = 48, layers = 2, inducing = 8 }}

[train]
epochs = 16
batch_size = 32
learning_rate = 3e-3
augment = "mirror"
early_stop = 0

[score]
macro_f1 = 1.0

[ensemble]
methods = ["equal", "nnls"]
"""


def write_demo(folder: Path) -> Demo:
    """Write the drawings and the configuration of the demo into `folder`."""
    write_example(generator("demo", "drawings"), ROWS, folder, series=3)
    write_text(folder / "demo.toml", _CONFIG)
    return Demo(folder / "demo.toml", CREDIT)
