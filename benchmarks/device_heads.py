"""Seconds per epoch of a head on stored features: on the CPU, by threads, and on a device.

    python benchmarks/device_heads.py [--device cuda] [--threads 1,4,16] [--budget 40]

A step on a card is bound by the calls that ask for its kernels, on a processor by arithmetic: from some size of
the head on, the card is faster. Where that is decides where heads are trained (`training/head_device.py`). Ours is
the loop as a task runs it: rows gathered from features that are held on the device, loss, backward pass, AdamW,
validation of 500 rows, and the statistics of an epoch. The first epoch of each is left out. `--budget` is the
number of seconds after which no further case begins; small cases come first.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import dataclass

import numpy as np
import timing
import torch

from evenhand.models.config import ModelConfig
from evenhand.models.heads.modules.scaled_head import build_head
from evenhand.training.config import TrainConfig
from evenhand.training.inputs.inputs import ViewInputs
from evenhand.training.loop.determinism import deterministic
from evenhand.training.loop.fit_spec import FitStage
from evenhand.training.loop.loop import fit
from evenhand.training.monitor.scorer import scorer_of
from evenhand.training.plain_module import PlainModule
from evenhand.training.tasks.build_spec import fold_spec

CLASSES, HELD_OUT = 20, 500


@dataclass(frozen=True)
class Case:
    """A head: `width` hidden units (0: linear) on (rows, features), in batches of `batch`."""

    rows: int
    features: int
    width: int
    batch: int = 64

    @property
    def name(self) -> str:
        """A name of the head."""
        return f"mlp of {self.width}" if self.width else "linear"


CASES = (
    Case(2_000, 512, 0),
    Case(2_000, 2_048, 0),
    Case(2_000, 512, 256),
    Case(2_000, 1_280, 512),
    Case(2_000, 2_048, 1_024),
    Case(2_000, 2_048, 2_048),
    Case(4_000, 1_280, 512, 256),
    Case(4_000, 2_048, 1_024, 256),
    Case(20_000, 2_048, 0),
    Case(20_000, 1_280, 512),
    Case(2_000, 2_048, 4_096),
    Case(20_000, 2_048, 1_024),
)


def epoch_seconds(case: Case, device: torch.device, threads: int, epochs: int) -> tuple[float, int]:
    """Return seconds of the median epoch but the first, and the parameters of the head."""
    draws = np.random.default_rng(0)
    n = case.rows + HELD_OUT
    features = draws.standard_normal((n, 1, case.features), dtype=np.float32)
    labels, rows = draws.integers(0, CLASSES, n), np.arange(n)
    options = {"head": "mlp", "head_width": case.width} if case.width else {}
    model = ModelConfig(name="head", encoder="timm:none", **options)
    head = build_head(model, case.features, CLASSES, 0).to(device)
    train = TrainConfig(epochs=epochs, batch_size=case.batch, early_stop=0, choose_by="last")
    marks = [time.perf_counter()]

    def mark(done: int, total: int) -> None:
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        marks.append(time.perf_counter())

    with deterministic(threads):
        spec = fold_spec(
            PlainModule(head),
            (FitStage("all", epochs, 1e-3, ViewInputs(features, device=device)),),
            labels,
            CLASSES,
            fit_rows=rows[: case.rows],
            validation_rows=rows[case.rows :],
            scorer=scorer_of(labels[case.rows :], [str(c) for c in range(CLASSES)], {"accuracy": 1.0}),
            train=train,
            device=device,
        )
        fit(spec, watch=mark)
    return statistics.median(np.diff(marks)[1:]), sum(part.numel() for part in head.parameters())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--threads", default="1,4,16")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--budget", type=float, default=40.0)
    given = parser.parse_args()
    began, device, cpu = time.perf_counter(), torch.device(given.device), torch.device("cpu")
    threads = [int(count) for count in given.threads.split(",")]
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else str(device)
    print(f"{timing.machine()}, torch {torch.__version__}, {name}")
    lines: list[list[object]] = []
    for case in CASES:
        if time.perf_counter() - began > given.budget:
            print("(budget used up)")
            break
        on_device, parameters = epoch_seconds(case, device, 1, given.epochs)
        on_cpu = [epoch_seconds(case, cpu, count, given.epochs)[0] for count in threads]
        # two for the product and four for its gradients, each parameter and row
        work = 6 * parameters * case.batch
        times = [f"{seconds:.3f}" for seconds in (on_device, *on_cpu)]
        shares = [f"{seconds / on_device:.2f}" for seconds in on_cpu]
        step = 1000 * on_device * case.batch / case.rows
        lines.append(
            [case.name, case.features, case.rows, case.batch, f"{work:.1e}", *times, f"{step:.2f}", *shares]
        )
        print(*lines[-1], flush=True)
    head = ["head", "features", "rows", "batch", "operations of a step", f"{given.device}, s per epoch"]
    head += [f"CPU, {count} thr., s per epoch" for count in threads]
    head += [f"{given.device}, ms per step", *(f"CPU {count} thr. / {given.device}" for count in threads)]
    print(f"\n{timing.table(head, lines)}\n{time.perf_counter() - began:.0f} s in all")


if __name__ == "__main__":
    main()
