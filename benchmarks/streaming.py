"""Lines per second of `evenhand predict --stream` on one core, and its memory after 1,000 and 100,000 lines.

    python benchmarks/streaming.py [--record RUN] [--model gru] [--lines 1000 100000] [--speed 2000]

Without a record, one is made: five folds of `scan_conv_gru` with its default options on simulated scans of 32
lines (one epoch; weights do not change the speed). Lines have 256 values and come in scans of 32, over a pipe, each
answered before the next is written. Speed is per second of processor time of the process, so that other work on the
machine does not count, and per second of the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

import evenhand
from evenhand.testing.kinds import generate

VALUES, SCAN = 256, 32


def made(folder: Path) -> Path:
    """Return a record of five folds of the default network."""
    toml = generate("scanlines", folder / "data", rows=120).toml
    told = {
        "output": folder / "runs",
        "compute.store": folder / "store",
        "folds.k": 5,
        "train.epochs": 1,
        "scanlines.width": 128,
        "evaluate.floor": False,
        "evaluate.draws": 200,
        "model": '[{name = "gru", encoder = "scan_conv_gru", tune = "all"}]',
    }
    return evenhand.run(str(toml), changes=[f"{key}={value}" for key, value in told.items()]).path


def measure(record: Path, model: str, marks: list[int], speed: int) -> None:
    """Print the memory at each number of lines, and the speed over some lines after the first thousand."""
    core = max(os.sched_getaffinity(0))
    command = [sys.executable, "-m", "evenhand", "predict", str(record), "--stream", "--model", model]
    rng = np.random.default_rng(0)
    texts = [json.dumps((1e-10 * rng.normal(size=VALUES).cumsum()).tolist()).encode() + b"\n" for _ in range(SCAN)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
    assert process.stdin is not None
    assert process.stdout is not None
    about = psutil.Process(process.pid)
    about.cpu_affinity([core])
    for line in range(1, max(*marks, marks[0] + speed) + 1):
        process.stdin.write(texts[line % SCAN])
        if line % SCAN == 0:
            process.stdin.write(b"\n")
        process.stdin.flush()
        process.stdout.readline()
        if line % SCAN == 0:
            process.stdout.readline()
        if line in marks:
            print(f"{line:,} lines: {about.memory_info().rss / 2**20:.1f} MiB resident", flush=True)
        if line == marks[0]:
            clock, worked = time.perf_counter(), sum(about.cpu_times()[:2])
        if line == marks[0] + speed:
            of_processor = speed / (sum(about.cpu_times()[:2]) - worked)
            print(f"{of_processor:.0f} lines per second of processor time,", end=" ")
            print(f"{speed / (time.perf_counter() - clock):.0f} per second of the clock", flush=True)
    process.stdin.close()
    process.wait()


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", type=Path)
    parser.add_argument("--model", default="gru")
    parser.add_argument("--lines", type=int, nargs="+", default=[1_000, 100_000])
    parser.add_argument("--speed", type=int, default=2_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(args.record or made(Path(folder)), args.model, args.lines, args.speed)


if __name__ == "__main__":
    main()
