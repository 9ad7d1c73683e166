"""A project of scan lines that is stuck at chance by five faults of its configuration. The data of a tutorial.

python -m evenhand.testing.stuck_scans FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from evenhand.base.storage.files.atomic import write_frame, write_text
from evenhand.modalities.scanlines.simulator.write_scans import write_scans

CONFIG = """\
# As it was inherited: stuck at chance.
[data]
kind = "scanlines"
root = "."
table = "labels.csv"
label = "state"
group = "session_date"
rename = { asymmetries = "dimers", tip_change = "defects", bad_blurry = "defects" }
classes = ["atoms", "dimers", "rows", "defects", "steps", "islands"]

[scanlines]
width = 48
max_lines = 48
flatten = "none"
normalise = "none"
clip = 0

[folds]
k = 2

[[model]]
name = "net"
encoder = "scan_cnn2d"
tune = "all"
options = { layers = 1, width = 8, dropout = 0.0 }

[train]
epochs = 12
batch_size = 16
learning_rate = 0.3
early_stop = 0
choose_by = "last"

[score]
macro_f1 = 1.0

[ensemble]
methods = []

[ablation]

[[ablation.change]]
name = "four outputs"
set = { data.classes = ["atoms", "dimers", "rows", "defects"] }
expect = "little"

[[ablation.change]]
name = "normalised lines"
set = { scanlines.flatten = "slope", scanlines.normalise = "line", scanlines.clip = 8.0 }
expect = "much, once the rate allows learning"

[[ablation.change]]
name = "learning rate"
set = { train.learning_rate = 3e-3 }
expect = "the most"

[[ablation.change]]
name = "three layers"
set = { model.net.options.layers = 3 }
expect = "little alone"

[[ablation.change]]
name = "class weights"
set = { balance.weights = "inverse", balance.correct_to = "uniform" }
expect = "recall of atoms"
"""


def write_stuck(folder: Path, *, rows: int = 360, sessions: int = 36, seed: int = 0) -> Path:
    """Write simulated scans, heights in metres, with `labels.csv` and `stuck.toml` into `folder`; return the last.

    Every third scan of atoms, the rarest state, is left out, so that the classes are as skewed as real ones.

    Parameters
    ----------
    rows, sessions, seed
        See `write_scans`; a scan has 48 lines of 48 values. `rows` are those before atoms are left out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    table = write_scans(
        folder,
        rows=rows,
        sessions=sessions,
        lines=48,
        pixels=48,
        difficulty=0.3,
        formats=(".gsf",),
        seed=seed,
    )
    _thin(table, "atoms")
    write_text(folder / "stuck.toml", CONFIG)
    return folder / "stuck.toml"


def _thin(table: Path, state: str, *, every: int = 3) -> None:
    """Leave out every third scan of a state: its file and its row."""
    frame = pd.read_csv(table)
    left_out = frame.index[frame["state"] == state][1::every]
    for name in frame.loc[left_out, "path"]:
        (table.parent / name).unlink()
    write_frame(frame.drop(index=left_out), table)


if __name__ == "__main__":
    sys.stdout.write(f"{write_stuck(Path(sys.argv[1]))}\n")
