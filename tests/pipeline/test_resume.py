"""A run that is killed again and again ends with the same bits as one that is left alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evenhand.base.storage.record import records
from evenhand.testing.kinds import generate

pytestmark = pytest.mark.slow

CONFIG = """
output = "{output}"
[data]
root = "."
table = "labels.csv"
label = "class"
group = "series"
[folds]
k = 3
[photos]
size = 32
[[model]]
name = "head"
encoder = "timm:test_efficientnet"
pretrained = false
views = 2
head = "mlp"
dropout = 0.2
[[model]]
name = "whole"
encoder = "small"
tune = "all"
  [model.train]
  epochs = 6
  augment = "full"
  mixup = 0.4
  ema = 0.9
[train]
epochs = 12
batch_size = 16
early_stop = 0
[evaluate]
draws = 200
[balance]
sampler = "balanced"
[compute]
store = "{store}"
workers = 1
"""


def config(folder: Path, name: str) -> Path:
    """Write the configuration with an output folder and a store of its own."""
    path = folder / f"{name}.toml"
    path.write_text(CONFIG.format(output=folder / name / "runs", store=folder / name / "store"), encoding="utf-8")
    return path


def start(path: Path) -> subprocess.Popen[bytes]:
    """Start the run in a process group of its own."""
    command = [sys.executable, "-m", "evenhand", "--debug", "run", str(path)]
    return subprocess.Popen(
        command, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ}
    )


def finish(path: Path) -> None:
    process = start(path)
    out, _ = process.communicate(timeout=900)
    assert process.returncode in (0, 1), out.decode()


def training_began(output: Path) -> bool:
    return any(output.glob("*/models/*/fold*"))


def kill_at(path: Path, output: Path, delay_s: float) -> bool:
    """Start the run, kill it some time after its training began or went on; return whether it was still at work."""
    process = start(path)
    known = set(output.glob("*/models/*/fold*/seed*/*"))
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        if training_began(output) and (not known or set(output.glob("*/models/*/fold*/seed*/*")) != known):
            break
        time.sleep(0.05)
    time.sleep(delay_s)
    working = process.poll() is None
    if working:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    # A run whose report is there is over, though its process was still on its way out: it would not be resumed.
    return working and not any(output.glob("*/report.html"))


def tables(output: Path) -> dict[str, pd.DataFrame]:
    """Return every predictions.parquet of the one record below `output`."""
    (record,) = records(output)
    return {
        str(p.relative_to(record.path)): pd.read_parquet(p)
        for p in sorted(record.path.rglob("predictions.parquet"))
    }


def storm(path: Path, output: Path, rng: np.random.Generator, most: int) -> int:
    """Kill a run up to `most` times, let it end, and return how often it was killed."""
    kills = 0
    while kills < most and kill_at(path, output, rng.uniform(0.0, 1.5)):
        kills += 1
    if not all(record.finished for record in records(output)):
        finish(path)
    return kills


def test_kills_change_no_bit(tmp_path: Path, size: Callable[[int, int], int]) -> None:
    wanted = size(6, 20)
    folder = generate("photos", tmp_path / "data", rows=90, seed=0).toml.parent
    finish(config(folder, "quiet"))
    left = tables(folder / "quiet" / "runs")
    assert len(left) == 7
    rng = np.random.default_rng(0)
    kills, runs = 0, 0
    while kills < wanted:  # a quick machine may end one run before it was killed so often: then another is begun
        output = folder / f"stormy{runs}" / "runs"
        kills += storm(config(folder, f"stormy{runs}"), output, rng, wanted - kills)
        right = tables(output)
        assert left.keys() == right.keys()
        for name, table in left.items():
            pd.testing.assert_frame_equal(table, right[name], check_exact=True, obj=name)
        (record,) = records(output)
        assert not list(record.path.rglob("state.pt"))
        assert not list(record.path.rglob("*.part"))
        runs += 1
        assert runs <= 5, f"only {kills} kills in {runs} runs"
