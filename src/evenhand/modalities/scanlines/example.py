"""Small realistic scans for tests of every kind: simulated, of four classes and several sessions."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path

import numpy as np
import pandas as pd

from evenhand.base.storage.files.atomic import write_frame, write_text
from evenhand.modalities.scanlines.simulator.scan_files import write_scan
from evenhand.modalities.scanlines.simulator.write_scans import scans_of_session

SHARES = {"defectos": 0.42, "dimers": 0.28, "строки": 0.18, "原子": 0.12}
"""Class -> share: defects, dimers, rows, atoms."""
_CLASS_OF = {
    "tip_change": "defectos",
    "bad_blurry": "defectos",
    "dimers": "dimers",
    "asymmetries": "dimers",
    "rows": "строки",
    "atoms": "原子",
}
_SIDE, _LEAST = 32, 6

_TOML = """# Simulated scans of four states of surface and tip; trains in seconds on one core.
[data]
kind = "scanlines"
root = "."
table = "labels.csv"
label = "state"
group = "session"           # scans of one session stay in one fold

[folds]
k = 2

[scanlines]
width = 32
max_lines = 32

[[model]]
name = "tiny"
encoder = "scan_cnn2d"
tune = "all"
options = { width = 8, layers = 2 }

[train]
epochs = 2
batch_size = 16
"""


def write_example(rng: np.random.Generator, rows: int, folder: Path) -> Path:
    """Write `rows` simulated scans of four classes below `folder`, a table and a TOML that trains on them.

    The classes are skewed, each is in several sessions, some scans were broken off. Files are `.npz` with both
    directions, which need no further package.

    Parameters
    ----------
    rng
        The only source of randomness; the same generator gives the same bytes.
    rows
        Number of scans, at least 24.
    """
    rows = max(rows, len(SHARES) * _LEAST)
    wanted = {name: max(_LEAST, round(rows * share)) for name, share in SHARES.items()}
    wanted["defectos"] += rows - sum(wanted.values())
    sessions, seed = max(4, rows // 12), int(rng.integers(2**31))
    share = {name: -(-count // min(sessions, 3)) for name, count in wanted.items()}  # of one session, at most
    taken = dict.fromkeys(((number, name) for number in range(sessions) for name in wanted), 0)
    streams = [scans_of_session(number, lines=_SIDE, pixels=_SIDE, seed=seed) for number in range(sessions)]
    table = []
    for number in cycle(range(sessions)):
        if not any(wanted.values()):
            break
        one = next(streams[number])
        name = _CLASS_OF.get(one.state, "defectos")
        if wanted[name] and taken[number, name] < share[name]:
            wanted[name] -= 1
            taken[number, name] += 1
            path = f"scans/{one.session_date}-{one.run}_{one.cycle}.npz"
            write_scan(one.scan, folder / path)
            table.append((path, name, f"{one.session_date} δ"))
    write_frame(pd.DataFrame(table, columns=["path", "state", "session"]), folder / "labels.csv")
    write_text(folder / "scanlines.toml", _TOML)
    return folder / "scanlines.toml"
