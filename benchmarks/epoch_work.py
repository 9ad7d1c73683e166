"""The work that all tools do alike in `epoch.py`: data, model, settings. Needs numpy and torch only.

Peers run in another environment and import this file, so that they get the same numbers. Every tool runs in a
process of its own: what one leaves in the memory allocator would else make the next one faster.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn


@dataclass(frozen=True, eq=False)
class Work:
    """Rows to learn from, rows to judge on, and how.

    Attributes
    ----------
    x, judged_x
        (n, 64, 64, 3) uint8 pictures, or (n, d) float32 features.
    y, judged_y
        (n,) class indices.
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    judged_x: np.ndarray
    judged_y: np.ndarray
    k: int
    epochs: int
    batch_size: int = 64
    rate: float = 1e-3
    decay: float = 0.01

    @property
    def pictures(self) -> bool:
        """Whether rows are pictures."""
        return self.x.ndim == 4

    def module(self, seed: int) -> nn.Module:
        """Return the model in its first state; equal seeds give equal weights."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return Cnn(self.k) if self.pictures else nn.Linear(self.x.shape[1], self.k)

    def floats(self, x: np.ndarray) -> Tensor:
        """Return rows ready for the model."""
        return normalised(torch.from_numpy(x)) if self.pictures else torch.from_numpy(x)


class Cnn(nn.Module):
    """Three strided convolutions with batch normalisation, an average, a linear layer: (b, 3, h, w) -> (b, k)."""

    def __init__(self, k: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inner, outer in ((3, 32), (32, 64), (64, 128)):
            layers += [nn.Conv2d(inner, outer, 3, 2, 1, bias=False), nn.BatchNorm2d(outer), nn.ReLU(inplace=True)]
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(128, k)
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        x = x.contiguous(memory_format=torch.channels_last)  # in the model, so that every tool has the same layout
        return self.head(self.body(x).mean((2, 3)))


def normalised(x: Tensor) -> Tensor:
    """Return (b, h, w, 3) uint8 as (b, 3, h, w) floats in -1..1."""
    return x.permute(0, 3, 1, 2).to(torch.float32).div_(127.5).sub_(1.0)


def works(rows: int, epochs: int) -> list[Work]:
    """Return the two works: a small network on pictures, and a head on features (four times the rows)."""
    rng = np.random.default_rng(0)
    return [cnn(rng, rows, epochs), head(rng, 4 * rows, epochs)]


def cnn(rng: np.random.Generator, rows: int, epochs: int, *, k: int = 10, side: int = 64) -> Work:
    """Return pictures of k faint patterns under noise."""
    patterns = np.kron(rng.normal(size=(k, side // 8, side // 8, 3)), np.ones((1, 8, 8, 1)))

    def draw(n: int) -> tuple[np.ndarray, np.ndarray]:
        y = rng.integers(0, k, n)
        noise = rng.normal(size=(n, side, side, 3)).astype(np.float32)
        x = 128 + 60 * noise + 18 * patterns[y] * rng.normal(1, 0.5, size=(n, 1, 1, 1))
        return x.clip(0, 255).astype(np.uint8), y

    return Work("small network on 64 px pictures", *draw(rows), *draw(rows // 3), k=k, epochs=epochs)


def head(rng: np.random.Generator, rows: int, epochs: int, *, k: int = 81, d: int = 1280) -> Work:
    """Return features of k classes that lie close together."""
    centres = rng.normal(scale=0.12, size=(k, d)).astype(np.float32)

    def draw(n: int) -> tuple[np.ndarray, np.ndarray]:
        y = rng.integers(0, k, n)
        return rng.normal(size=(n, d)).astype(np.float32) + centres[y], y

    return Work("head on 1,280 features", *draw(rows), *draw(rows // 3), k=k, epochs=epochs)


# Answering


class Marks:
    """Clock and processor time at the end of each epoch, in seconds."""

    def __init__(self) -> None:
        self.at: list[tuple[float, float]] = []

    def note(self) -> None:
        """Note the end of an epoch."""
        self.at.append((time.perf_counter(), time.process_time()))

    @property
    def epochs(self) -> list[tuple[float, float]]:
        """What every epoch but the first took; the first has what is set up once."""
        pairs = zip(self.at, self.at[1:], strict=False)
        return [(later[0] - sooner[0], later[1] - sooner[1]) for sooner, later in pairs]


Fit = Callable[[Work, int, Marks], float]
"""A work, a seed, where epochs' ends are noted -> the accuracy after the last."""


def serve(tools: Mapping[str, Fit]) -> None:
    """Fit as asked on standard input, a JSON line {"work", "seed"} each, until there are no more."""
    parser = argparse.ArgumentParser()
    parser.add_argument("tool", choices=tools)
    for name in ("rows", "epochs", "threads"):
        parser.add_argument(f"--{name}", type=int, required=True)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(asked.threads)
    known = works(asked.rows, asked.epochs)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a tool prints does not belong among the answers
    for line in sys.stdin:
        request = json.loads(line)
        print(
            json.dumps(answer(tools[asked.tool], known[request["work"]], request["seed"])), file=answers, flush=True
        )


def answer(fit: Fit, work: Work, seed: int) -> dict[str, object]:
    """Return {"epochs": (clock, processor) seconds of each but the first, "accuracy"} of a fit."""
    marks = Marks()
    accuracy = fit(work, seed, marks)
    return {"epochs": marks.epochs, "accuracy": accuracy}
