"""Memory and time of blending many rows: a million rows x 100 classes x 10 models, from files.

    python benchmarks/ensemble_scale.py [--rows 1000000] [--classes 100] [--models 10] [--format npz]

The files are made first, by processes of their own. A fresh process then reads, aligns and blends them, each row
under weights of the other folds, and prints its peak of resident memory (mapped pages of files count). A single
float64 copy of all predictions would be 8 GB.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path

import numpy as np


def write(folder: Path, model: int, rows: int, classes: int, form: str) -> None:
    """Write the predictions of one model, a slice at a time."""
    truth = np.random.default_rng(0).integers(0, classes, rows)
    rng = np.random.default_rng(model + 1)
    table = np.empty((rows, classes), np.float32)
    for start in range(0, rows, 50_000):
        part = rng.random((min(50_000, rows - start), classes), dtype=np.float32) ** 4
        part[np.arange(len(part)), truth[start : start + len(part)]] += model / 4
        table[start : start + len(part)] = part / part.sum(axis=1, keepdims=True)
    fold = np.arange(rows) % 5
    if form == "npz":
        np.savez(folder / f"m{model}.npz", ids=np.arange(rows), probabilities=table, truth=truth, fold=fold)
        return
    import pandas as pd

    frame = pd.DataFrame(table, columns=[f"p:{c}" for c in range(classes)])
    for name, column in (("truth", truth.astype(str)), ("fold", fold), ("id", np.arange(rows))):
        frame.insert(0, name, column)
    frame.to_parquet(folder / f"m{model}.parquet", index=False, row_group_size=50_000)


def blended(folder: Path, method: str) -> None:
    """Read and blend all files of a folder, and print what that took."""
    import evenhand

    start = time.perf_counter()
    models = [evenhand.read_predictions(path)[0] for path in sorted(folder.iterdir())]
    read_s = time.perf_counter() - start
    made = evenhand.blend(models, method)
    blend_s = time.perf_counter() - start - read_s
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    right, best = (np.mean(p.predicted == p.truth) for p in (made.predictions, models[-1]))
    print(f"{method}: read {read_s:.0f} s, blended {blend_s:.0f} s, peak {peak:.2f} GiB")
    print(f"accuracy {right:.4f}, of the best model {best:.4f}; weights {made.weights.round(3).tolist()}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--classes", type=int, default=100)
    parser.add_argument("--models", type=int, default=10)
    parser.add_argument("--format", choices=("npz", "parquet"), default="npz")
    parser.add_argument("--method", default="nnls")
    asked = parser.parse_args()
    start = multiprocessing.get_context("spawn").Process
    with tempfile.TemporaryDirectory() as name:
        calls = [(write, (Path(name), m, asked.rows, asked.classes, asked.format)) for m in range(asked.models)]
        for target, args in [*calls, (blended, (Path(name), asked.method))]:
            process = start(target=target, args=args)
            process.start()
            process.join()


if __name__ == "__main__":
    main()
