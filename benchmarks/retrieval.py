"""Search of 1,000 queries in 100,000 codes, and the memory of a search in 1,000,000.

    python benchmarks/retrieval.py

Prints seconds and processor seconds (the best of three) for 64 bits (Hamming) and for 16 x 4 bits (asymmetric
distances), one thread, and the peak memory of the process while it searches 1,000,000 codes of either. Bounds: 1 s,
1 GiB.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import resource
import time
from collections.abc import Callable

import numpy as np

from evenhand.evaluation.retrieval.indexes import HammingIndex, QuantizedIndex, packed, unit
from evenhand.evaluation.retrieval.nearest import nearest
from evenhand.evaluation.retrieval.product_quantizer import ProductQuantizer

QUERIES, K, WIDTH = 1000, 10, 64


def best(work: Callable[[], object], times: int = 3) -> str:
    """Return the seconds of the fastest of some calls, and those of the processor without other programs."""
    found = []
    for _ in range(times):
        started, spent = time.perf_counter(), time.process_time()
        work()
        found.append((time.perf_counter() - started, time.process_time() - spent))
    seconds, processor = (min(one) for one in zip(*found, strict=True))
    return f"{seconds:.2f} s ({processor:.2f} s of processor time)"


def hamming(rows: int, rng: np.random.Generator) -> Callable[[], object]:
    """Return a search among random bits."""
    index = HammingIndex(rng.integers(0, 2**64, (1, rows), dtype=np.uint64), 64)
    queries = packed(rng.normal(size=(QUERIES, 64)))
    return lambda: nearest(index, queries, K)


def quantised(rows: int, rng: np.random.Generator) -> Callable[[], object]:
    """Return a search among random codes of 16 x 4 bits."""
    quantizer = ProductQuantizer(rng.normal(size=(16, 16, WIDTH // 16), scale=WIDTH**-0.5).astype(np.float32))
    index = QuantizedIndex(quantizer, rng.integers(0, 16, (rows, 16), dtype=np.uint8))
    queries = unit(rng.normal(size=(QUERIES, WIDTH)))
    return lambda: nearest(index, queries, K)


def main() -> None:
    """Measure, and print what was found."""
    rng = np.random.default_rng(0)
    for name, make in (("Hamming, 64 bits", hamming), ("PQ, 16 x 4 bits", quantised)):
        print(f"{name}: {best(make(100_000, rng))} for {QUERIES:,} queries in 100,000 codes", flush=True)
    for name, make in (("Hamming, 64 bits", hamming), ("PQ, 16 x 4 bits", quantised)):
        taken = best(make(1_000_000, rng), 1)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"{name}: {taken} in 1,000,000 codes, peak {peak:.2f} GiB", flush=True)


if __name__ == "__main__":
    main()
