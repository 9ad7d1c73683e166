"""A hundred thousand pictures: memory, and whether time grows with their number and no faster.

    python benchmarks/scale.py [--sizes 1000 10000 100000] [--rounds 5] [--threads 2] [--folder FOLDER]

Pictures of 64 px lie in a zip with a table (40 classes, five pictures to a group). A process of its own reads the
table and hashes every file, encodes into an empty store, makes five folds and goes once through all batches as
normalised floats. Memory is what is resident beyond torch alone, at its highest; pages of the store that are mapped
and could be dropped count as resident too, so what is the process's own is given beside it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import timing

SIDE, BATCH, CLASSES, PER_GROUP = 64, 64, 40, 5


def write_zip(path: Path, rows: int) -> None:
    """Write a zip of JPEGs, stored as they are, with a table of classes and groups."""
    import numpy as np
    import simplejpeg

    rng = np.random.default_rng(0)
    grounds = rng.integers(0, 256, (256, SIDE, SIDE, 3), dtype=np.uint8) // 4 + 96
    classes = rng.integers(0, CLASSES, rows // PER_GROUP + 1)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        lines = ["path,label,group"]
        for row in range(rows):
            picture = grounds[row % 256].copy()
            picture[:16, :16] = rng.integers(0, 256, (2, 2, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
            group = row // PER_GROUP
            lines.append(f"{row % 100}/{row}.jpg,class{classes[group]:02},g{group}")
            archive.writestr(f"{row % 100}/{row}.jpg", simplejpeg.encode_jpeg(picture, quality=80))
        archive.writestr("labels.csv", "\n".join(lines))


# In a process of its own


def work(path: Path, store: Path, threads: int) -> dict[str, Any]:
    """Do everything once and return seconds by part and the highest memory."""
    import torch

    torch.set_num_threads(threads)
    before = memory()
    with highest_memory() as highest:
        seconds, rows = parts(path, store, threads)
    beyond = {name: highest[name] - before[name] for name in before}
    return {"rows": rows, "seconds": seconds, "beyond": beyond}


def parts(path: Path, store: Path, threads: int) -> tuple[dict[str, float], int]:
    """Return the seconds of every part of the work, and the rows."""
    from evenhand.data.config import DataConfig, FoldsConfig
    from evenhand.data.roots.root import open_root
    from evenhand.data.splits.make_folds import make_folds
    from evenhand.data.store.store import Store
    from evenhand.modalities.photos.config import PhotosConfig
    from evenhand.modalities.photos.kind import Photos

    clock = Clock()
    kind, own = Photos(), PhotosConfig(size=SIDE)
    root = open_root(path)
    samples, _ = kind.samples(root, DataConfig(root=str(path), table="labels.csv", group="group"), own)
    clock.note("read")
    settings = kind.settings(own, SIDE)
    paths = samples.frame["path"].to_numpy(dtype=object)
    entry = Store(store).rows(
        settings,
        samples.frame["content"].tolist(),
        lambda row: kind.encode(root.read(str(paths[row])), settings),
        workers=threads,
    )
    clock.note("encode")
    make_folds(samples, FoldsConfig(k=5))
    clock.note("folds")
    one_pass(entry["image"])
    clock.note("batches")
    return clock.seconds, len(samples)


class Clock:
    """Seconds between notes."""

    def __init__(self) -> None:
        self.since, self.seconds = time.perf_counter(), {}

    def note(self, part: str) -> None:
        now = time.perf_counter()
        self.seconds[part], self.since = now - self.since, now


def one_pass(pictures: Any) -> None:
    """Make every batch once, in random order."""
    import numpy as np
    import torch

    from evenhand.modalities.images.image_inputs import ImageInputs
    from evenhand.models.normalize import normalised
    from evenhand.training.inputs.batch_order import in_order

    inputs = ImageInputs(pictures, lambda x: normalised(x, (0.5,) * 3, (0.5,) * 3), lambda x, profile, draws: x)
    for rows in in_order(np.random.default_rng(0).permutation(len(pictures)), BATCH):
        inputs.batch(torch.from_numpy(np.sort(rows)), None)


def memory() -> dict[str, int]:
    """Return the bytes that are resident: all, and the process's own."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    values = dict(line.split(":", 1) for line in lines)
    return {name: int(values[key].split()[0]) * 1024 for name, key in (("resident", "VmRSS"), ("own", "RssAnon"))}


@contextmanager
def highest_memory(*, every_s: float = 0.02) -> Any:
    """Give a dict that holds the highest memory of the block, looked at from a thread."""
    highest, over = memory(), threading.Event()

    def look() -> None:
        while not over.wait(every_s):
            for name, value in memory().items():
                highest[name] = max(highest[name], value)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield highest
    finally:
        over.set()
        thread.join()


# Together


def measured(path: Path, folder: Path, threads: int) -> dict[str, Any]:
    """Return what a process of its own took for a zip, with an empty store that is removed again."""
    store = folder / "store"
    command = [sys.executable, __file__, "--work", str(path), "--folder", str(store), "--threads", str(threads)]
    try:
        return dict(json.loads(subprocess.check_output(command, text=True)))
    finally:
        shutil.rmtree(store, ignore_errors=True)


def measure(sizes: list[int], rounds: int, threads: int, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Return what each size took, a round each."""

    def by(path: Path) -> Callable[[int], dict[str, Any]]:
        return lambda turn: measured(path, folder, threads)

    works = {}
    for size in sizes:
        write_zip(folder / f"{size}.zip", size)
        works[str(size)] = by(folder / f"{size}.zip")
    return timing.in_turns(works, rounds, warm=False)


def show(found: dict[str, list[dict[str, Any]]]) -> None:
    """Print a table of time and memory by size."""
    first = next(iter(found.values()))
    rows = []
    for every in found.values():
        n = every[0]["rows"]
        growth = timing.ratio(
            [sum(one["seconds"].values()) / n for one in every],
            [sum(one["seconds"].values()) / one["rows"] for one in first],
        )
        seconds = [statistics.median(one["seconds"][part] for one in every) for part in every[0]["seconds"]]
        beyond = [statistics.median(one["beyond"][name] for one in every) / 2**20 for name in ("resident", "own")]
        last = every is not first
        rows.append(
            [
                f"{n:,}",
                *(f"{value:.2f}" for value in seconds),
                *(f"{value:,.0f}" for value in beyond),
                growth if last else "",
                f"{timing.verdict(growth.median, 1.1)}; memory {timing.verdict(beyond[0], 2048)}" if last else "",
            ]
        )
    head = ["photos", *(f"{part}, s" for part in first[0]["seconds"]), "MiB beyond torch", "of which own"]
    print("\n" + timing.table([*head, "time per photo by that of the first line", "targets"], rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where room is; a temporary folder otherwise")
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work is not None:
        print(json.dumps(work(asked.work, asked.folder, asked.threads)))
        return
    print(f"{timing.machine()}, {asked.threads} threads")
    with tempfile.TemporaryDirectory(prefix="evenhand-bench-", dir=asked.folder) as folder:
        show(measure(asked.sizes, asked.rounds, asked.threads, Path(folder)))


if __name__ == "__main__":
    main()
