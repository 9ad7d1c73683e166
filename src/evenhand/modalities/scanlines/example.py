"""Small realistic scans: rows, single atoms, noise, and a change of the tip half way; full and broken off."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import numpy.typing as npt

from evenhand.base.storage.atomic import replacing, write_text

Field = npt.NDArray[np.float64]

SHARES = {"строки": 0.42, "atoms": 0.24, "ruido": 0.20, "探針の変化": 0.14}
"""Class -> share: rows, atoms, noise, a change of the tip."""
_SIDE = 32
_CLASSES = tuple(SHARES)

_TOML = """# Generated scans: rows, atoms, noise, and tips that change; trains in seconds on one core.
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
    """Write `rows` scans of four classes below `folder`, a table and a TOML that trains on them.

    The classes are skewed, scans of one session share angle, period and noise, every fifth scan was broken off, and
    every other one has a backward direction. Files are `.npy` of float32, as this needs no further package.

    Parameters
    ----------
    rng
        The only source of randomness; the same generator gives the same bytes.
    rows
        Number of scans, at least 24.
    """
    rows = max(rows, 24)
    counts = {name: max(6, round(rows * share)) for name, share in SHARES.items()}
    counts[_CLASSES[0]] += rows - sum(counts.values())
    states = [name for name in _CLASSES for _ in range(counts[name])]
    sessions = max(4, rows // 12)
    table = [("path", "state", "session")]
    (folder / "scans").mkdir(parents=True, exist_ok=True)
    looks = [(rng.uniform(0, np.pi), rng.uniform(5, 9), rng.uniform(0.1, 0.4)) for _ in range(sessions)]
    for number, state in enumerate(states):
        session = number % sessions
        name = f"scans/{number:04d}.npy"
        heights = _scan(rng, state, *looks[session])
        np.save(folder / name, _directions(rng, heights, number)[..., : _SIDE if number % 5 else 20, :])
        table.append((name, state, f"2015-10-{session + 1:02d} δ"))
    with replacing(folder / "labels.csv") as part, part.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(table)
    write_text(folder / "scanlines.toml", _TOML)
    return folder / "scanlines.toml"


def _directions(rng: np.random.Generator, heights: Field, number: int) -> npt.NDArray[np.float32]:
    """Return (l, w) forward, or (2, l, w) with a backward direction that lags a little and has other noise."""
    noisy = heights + rng.normal(0, 0.05, heights.shape)
    if number % 2:
        return noisy.astype(np.float32)
    back = np.roll(heights, 1, axis=1) + rng.normal(0, 0.05, heights.shape)
    return np.stack([noisy, back]).astype(np.float32)


def _scan(rng: np.random.Generator, state: str, angle: float, period: float, noise: float) -> Field:
    """Return (l, w) heights in deviations, with the slope and drift of a scanner."""
    y, x = np.mgrid[:_SIDE, :_SIDE].astype(np.float64)
    along = x * np.cos(angle) + y * np.sin(angle) + rng.uniform(0, period)
    across = y * np.cos(angle) - x * np.sin(angle) + rng.uniform(0, period)
    ridges = np.cos(2 * np.pi * along / period)
    heights = {
        "строки": ridges,
        "atoms": ridges * np.cos(2 * np.pi * across / period),
        "ruido": rng.normal(0, 1, x.shape),
        "探針の変化": np.where(y < rng.uniform(10, 18), ridges, rng.normal(0, 1, x.shape)),
    }[state]
    drift = np.cumsum(rng.normal(0, 0.3, (_SIDE, 1)), axis=0) + rng.normal(0, 0.05) * x
    return np.asarray(heights + drift + rng.normal(0, noise, x.shape))
