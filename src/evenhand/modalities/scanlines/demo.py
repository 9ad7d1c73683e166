"""The demo of scan lines: simulated scans, a picture network and a causal one, and their blend."""

from __future__ import annotations

from pathlib import Path

from evenhand.base.storage.files.atomic import write_text
from evenhand.modalities.kind import Demo
from evenhand.modalities.scanlines.simulator.write_scans import write_scans

ROWS, SESSIONS = 640, 40
CREDIT = f"Scans: {ROWS} simulated STM scans of H:Si(100) from {SESSIONS} sessions; free to use."

MERGED = 'rename = { asymmetries = "dimers", tip_change = "defects", bad_blurry = "defects" }'
"""Line of [data] that merges the states into four: atoms, dimers, rows, defects."""

_CONFIG = f"""\
# Simulated STM scans of H:Si(100): what the tip resolves, in four states, sessions kept apart.
[data]
kind = "scanlines"
root = "."
table = "labels.csv"
label = "state"
group = "session_date"
{MERGED}

[scanlines]
width = 64
max_lines = 64

[folds]
k = 3
test = {{ column = "split", value = "test" }}

[[model]]
name = "picture"
encoder = "scan_cnn2d"          # a convolutional network over the whole scan
tune = "all"
options = {{ width = 16, layers = 3 }}

[[model]]
name = "causal"
encoder = "scan_conv_gru"       # line by line: it can answer while the scan is running
tune = "all"
options = {{ channels = 12, convolutions = 3, width = 64 }}

[balance]
weights = "inverse"

[train]
epochs = 16
batch_size = 16
learning_rate = 3e-3
augment = "gentle"
early_stop = 0

[score]
macro_f1 = 1.0

[ensemble]
methods = ["equal", "nnls"]
"""


def write_demo(folder: Path) -> Demo:
    """Write the scans and the configuration of the demo into `folder`."""
    write_scans(folder, rows=ROWS, sessions=SESSIONS, difficulty=0.3)
    write_text(folder / "demo.toml", _CONFIG)
    return Demo(folder / "demo.toml", CREDIT)
