"""What evidence costs: an epoch of the loop with it, over the same epoch without.

    python benchmarks/evidence.py [--rounds 5] [--threads 1]

Three works: a small head on stored features (where steps are shortest and evidence weighs most), a 1-D network on
windows as long as heartbeats, and a small picture network. Without evidence the loop is the same but for a recorder
that looks away and logits of judged rows that nobody counts. Ratios are of processor time within a round.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import timing
import torch
from torch import Tensor, nn

from evenhand.training.config import TrainConfig
from evenhand.training.inputs.inputs import ViewInputs
from evenhand.training.loop import loop
from evenhand.training.loop.determinism import deterministic
from evenhand.training.loop.fit_spec import FitSpec, FitStage
from evenhand.training.monitor.scorer import scorer_of
from evenhand.training.plain_module import PlainModule
from evenhand.training.tasks.build_spec import fold_spec

LIMIT = 1.03


class Blind:
    """A recorder that records nothing."""

    gradient_norms = None

    def __init__(self, k: int, several: bool, steps: int, batches: int) -> None: ...

    def forward(self, logits: Tensor) -> None: ...

    def step(self, targets: Tensor, loss_scale: Tensor | None = None, *, last: bool = True) -> None: ...

    def read(self) -> dict[str, Any]:
        return {}


class Unwatched:
    """Features that nobody keeps."""

    def __init__(self, module: nn.Module) -> None: ...

    @contextmanager
    def watched(self) -> Iterator[None]:
        yield

    def read(self) -> None:
        return None


def head(k: int = 81, d: int = 1280) -> tuple[nn.Module, tuple[int, ...], int]:
    return nn.Linear(d, k), (d,), k


def beats(k: int = 4, t: int = 144) -> tuple[nn.Module, tuple[int, ...], int]:
    layers: list[nn.Module] = [nn.Conv1d(1, 24, 7, padding=3), nn.BatchNorm1d(24), nn.ReLU()]
    for _ in range(2):
        layers += [nn.Conv1d(24, 24, 5, stride=2, padding=2), nn.BatchNorm1d(24), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(24, k)), (1, t), k


def pictures(k: int = 10, side: int = 32) -> tuple[nn.Module, tuple[int, ...], int]:
    layers: list[nn.Module] = []
    for before, after in ((3, 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, k)), (3, side, side), k


WORKS: dict[str, tuple[Callable[[], tuple[nn.Module, tuple[int, ...], int]], int]] = {
    "head on features (1280 to 81)": (head, 6000),
    "1-D network on windows": (beats, 8000),
    "small network on pictures": (pictures, 4000),
}


def job_of(name: str, epochs: int) -> FitSpec:
    """Return a fit on noise, which takes as long as anything else."""
    make, n = WORKS[name]
    torch.manual_seed(0)
    module, shape, k = make()
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(n, 1, *shape)).astype(np.float32), rng.integers(0, k, n)
    judged = np.arange(0, n, 5)
    train = TrainConfig(epochs=epochs, early_stop=0, batch_size=64)
    return fold_spec(
        PlainModule(module),
        (FitStage("all", epochs, train.learning_rate, ViewInputs(x)),),
        y,
        k,
        fit_rows=np.setdiff1d(np.arange(n), judged),
        validation_rows=judged,
        scorer=scorer_of(y[judged], [str(c) for c in range(k)], {"macro_f1": 1.0}),
        train=train,
    )


@contextmanager
def no_evidence() -> Iterator[None]:
    """Have the loop count nothing of what it judges."""
    kept = loop.class_statistics, loop.FeatureSpread
    loop.class_statistics, loop.FeatureSpread = (lambda *_: None), Unwatched  # type: ignore[assignment,misc]
    try:
        yield
    finally:
        loop.class_statistics, loop.FeatureSpread = kept  # type: ignore[misc]


def measure(name: str, rounds: int, threads: int, epochs: int = 2) -> dict[str, list[timing.Spent]]:
    """Return what a fit took with and without evidence, a round each."""

    def fitted(spec: FitSpec) -> timing.Spent:
        with deterministic(threads):
            return timing.spent(lambda: loop.fit(spec))

    def blind(_: int) -> timing.Spent:
        with no_evidence():
            return fitted(replace(job_of(name, epochs), recorder=Blind))  # type: ignore[arg-type]

    return timing.in_turns({"with": lambda _: fitted(job_of(name, epochs)), "without": blind}, rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for option, value in {"rounds": 5, "threads": 1}.items():
        parser.add_argument(f"--{option}", type=int, default=value)
    asked = parser.parse_args()
    print(f"{timing.machine()}, torch {torch.__version__}, {asked.threads} thread(s)")
    rows = []
    for name in WORKS:
        found = measure(name, asked.rounds, asked.threads)
        clock, cpu = timing.ratios(found["with"], found["without"])
        seconds = statistics.median(one.cpu for one in found["without"]) / 2
        rows.append([name, f"{seconds:.2f}", clock, cpu, timing.verdict(cpu.median, LIMIT)])
    print(
        "\n" + timing.table(["work", "s an epoch, without", "with / without, clock", "processor", "target"], rows)
    )


if __name__ == "__main__":
    main()
