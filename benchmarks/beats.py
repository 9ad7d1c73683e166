"""How long records of heartbeats take: listed, read, filtered and cut into windows in the store.

    python benchmarks/beats.py [--rounds 3] [--threads 2] [--most 15]

All 48 records of ../shared/data/mitdb, MLII or what stands for it, into an empty store each round, as
`evenhand check` does before it looks. Prints seconds by the clock and of processor time for each part, and whether
the median stays under `--most` seconds. On a machine that others use, the processor time divided by the threads is
what the clock would say.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
import timing

from evenhand.data.config import DataConfig
from evenhand.data.roots.root import open_root
from evenhand.data.store.store import Store
from evenhand.modalities.beats import Beats
from evenhand.modalities.beats.config import BeatsConfig
from evenhand.modalities.beats.reading.wfdb_files import find_beats

RECORDS = Path(__file__).resolve().parents[2] / "shared" / "data" / "mitdb"
PARTS = ("list", "encode", "together")


def once(folder: Path, store: Path, threads: int) -> tuple[dict[str, timing.Spent], int]:
    """Return what listing, encoding and both took, and how many beats there are."""
    kind, own, beat_positions = Beats(), BeatsConfig(leads=["MLII|V5|*"]), {}
    root = open_root(folder)

    def listed() -> None:
        beat_positions["samples"] = kind.samples(root, DataConfig(kind="beats", root=str(folder)), own)[0]

    def encoded() -> None:
        frame, settings = beat_positions["samples"].frame, kind.settings(own, None)
        Store(store).rows(
            settings,
            frame["content"].tolist(),
            kind.reader(root, frame, settings),
            files=frame["path"].tolist(),
            workers=threads,
        )

    one, two = timing.spent(listed), timing.spent(encoded)
    both = timing.Spent(one.wall + two.wall, one.cpu + two.cpu)
    return dict(zip(PARTS, (one, two, both), strict=True)), len(beat_positions["samples"])


def forget() -> None:
    """Forget beats that were read before, so that every round reads them."""
    from evenhand.modalities.beats.reading import beat_positions

    with beat_positions._LOCK:
        beat_positions._FOUND.clear()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--records", type=Path, default=RECORDS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--most", type=float, default=15.0, help="seconds")
    asked = parser.parse_args()
    find_beats(np.zeros(1000), 250.0)  # the start of the process that reads is not what is measured
    rounds, rows = [], 0
    for _ in range(asked.rounds):
        forget()
        with tempfile.TemporaryDirectory(prefix="evenhand-bench-") as folder:
            spent, rows = once(asked.records, Path(folder), asked.threads)
        rounds.append(spent)
    print(f"{rows:,} beats, {asked.threads} threads, median of {asked.rounds}")
    print(f"{'part':<10}{'clock s':>10}{'processor s':>13}")
    for part in PARTS:
        wall, cpu = (statistics.median(getattr(one[part], of) for one in rounds) for of in ("wall", "cpu"))
        print(f"{part:<10}{wall:>10.2f}{cpu:>13.2f}")
    median = statistics.median(one["together"].wall for one in rounds)
    print(f"at most {asked.most:g} s: {'kept' if median <= asked.most else 'MISSED'} ({median:.1f} s)")
    return int(median > asked.most)


if __name__ == "__main__":
    sys.exit(main())
