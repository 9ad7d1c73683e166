"""Reading of drawings: cold and warm, one process and two, and drawings of a hundred thousand entities and more.

    python benchmarks/drawings_reading.py [--zip library.zip] [--files 300] [--rounds 3] [--large 100000 1000000]

Times are medians of rounds in which what is compared takes turns, wall clock; beside them the processor time of
the process and its children, as the machine may be shared. Two processes against one: `compute.workers` and
`compute.threads` set how many threads ask for files, and each has a process of its own (`engines/isolated.py`).
A large drawing is read once, in a process of its own, with the bounds raised: seconds by step and the most memory.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evenhand.base.errors import DataError
from evenhand.data.store.row_writer import map_in_order
from evenhand.engines.isolated import ISOLATED
from evenhand.modalities import KINDS
from evenhand.modalities.drawings.config import DrawingsConfig


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return seconds by the clock, and of processors in this process and in those of its children that ended."""
    before, start = os.times(), time.perf_counter()
    work()
    ISOLATED.close()  # so that its processes end and are counted
    after = os.times()
    used = sum(after[:4]) - sum(before[:4])
    return time.perf_counter() - start, used


def readable(raw: bytes) -> bool:
    """Return whether a file is a drawing with something in it."""
    try:
        KINDS.get("drawings").encode(raw, DrawingsConfig().plain())
    except DataError:
        return False
    return True


def read(raws: list[bytes], processes: int) -> None:
    """Encode all files by so many threads, each with a process."""
    kind, settings = KINDS.get("drawings"), DrawingsConfig().plain()

    def block(rows: range) -> int:
        return sum(len(kind.encode(raws[row], settings)["nodes"]) for row in rows)

    for _ in map_in_order(block, [range(at, min(at + 8, len(raws))) for at in range(0, len(raws), 8)], processes):
        pass


def warm(path: Path, names: list[str], folder: Path) -> tuple[float, float]:
    """Return seconds of reading into an empty store, and of opening it again (median of 5)."""
    import pandas as pd

    from evenhand.data.roots.root import open_root
    from evenhand.data.store.store import Store

    kind, root = KINDS.get("drawings"), open_root(path)
    frame = pd.DataFrame({"path": names})
    settings = kind.settings(DrawingsConfig(), None)
    contents = [root.content(name) for name in names]

    def get() -> float:
        start = time.perf_counter()
        entry = Store(folder).rows(settings, contents, kind.reader(root, frame, settings))
        for name in ("nodes", "strokes", "edges", "relations"):
            getattr(entry[name], "values", entry[name]).sum()  # every page is touched
        return time.perf_counter() - start

    return get(), statistics.median(get() for _ in range(5))


def write_large(path: Path, entities: int) -> None:
    """Write a drawing of lines, arcs, circles and polylines at random places, a fifth of each and two of lines."""
    import numpy as np

    rng = np.random.default_rng(0)
    side = 3.0 * entities**0.5
    with path.open("w") as file:
        file.write("  0\nSECTION\n  2\nENTITIES\n")
        for at in range(entities):
            x, y = rng.uniform(0, side, 2)
            u, v = rng.normal(0, 2, 2)
            head = f"\n  8\n0\n 10\n{x:.6f}\n 20\n{y:.6f}\n"
            match at % 5:
                case 0 | 1:
                    file.write(f"  0\nLINE{head} 11\n{x + u:.6f}\n 21\n{y + v:.6f}\n")
                case 2:
                    file.write(f"  0\nARC{head} 40\n{abs(u) + 0.1:.6f}\n 50\n0.0\n 51\n{90 + v:.6f}\n")
                case 3:
                    file.write(f"  0\nCIRCLE{head} 40\n{abs(u) + 0.1:.6f}\n")
                case _:
                    corners = [(x, y), (x + u, y), (x + u, y + v), (x, y + v)]
                    file.write("  0\nLWPOLYLINE\n100\nAcDbEntity\n  8\n0\n100\nAcDbPolyline\n 90\n4\n 70\n1\n")
                    file.writelines(f" 10\n{a:.6f}\n 20\n{b:.6f}\n" for a, b in corners)
        file.write("  0\nENDSEC\n  0\nEOF\n")


def one_large(source: str, max_nodes: int) -> dict[str, float]:
    """Encode one drawing in this process; return seconds and the most memory."""
    import resource

    from evenhand.modalities.drawings.reading.encode import encode_file

    settings = {**DrawingsConfig().plain(), "max_entities": 10**7, "max_nodes": max_nodes}
    start, used = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        encode_file(source, f"{folder}/arrays.npz", settings)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {"s": time.perf_counter() - start, "cpu_s": time.process_time() - used, "gib": memory}


def main() -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--zip", default="shared/data/librecad/library.zip")
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--large", type=int, nargs="*", default=[100_000])
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(one_large(asked.one[0], int(asked.one[1]))))
        return
    out: dict[str, Any] = {}
    with zipfile.ZipFile(asked.zip) as archive:
        names = [name for name in archive.namelist() if name.endswith(".dxf") and "empty" not in name]
        names = [name for name in names if len(archive.read(name)) > 4000][: asked.files]
        names = [name for name in names if readable(archive.read(name))]
        raws = [archive.read(name) for name in names]
    if raws:
        rounds: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
        for _ in range(asked.rounds):
            for processes, times in rounds.items():
                times.append(timed(lambda processes=processes: read(raws, processes)))  # type: ignore[misc]
        for processes, times in rounds.items():
            out[f"{processes} processes"] = {
                "s": statistics.median(s for s, _ in times),
                "cpu_s": statistics.median(cpu for _, cpu in times),
            }
        out["two over one"] = out["1 processes"]["s"] / out["2 processes"]["s"]
        with tempfile.TemporaryDirectory() as folder:
            cold, again = warm(Path(asked.zip), names, Path(folder))
        out["store"] = {"cold_s": cold, "warm_s": again, "ratio": cold / again}
    for entities in asked.large:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "large.dxf")
            write_large(path, entities)
            for most in (2000, entities):
                command = [sys.executable, __file__, "--one", str(path), str(most)]
                said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
                out[f"{entities} entities, at most {most} nodes"] = json.loads(said)
    print(json.dumps(out, indent=2))


if __name__ == "__main__":
    main()
