"""A tiny network with a boundary, and jobs on easy data, so that the loop is tested in milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from evenhand.balance.choose import LOSSES, Classes, chosen
from evenhand.training.config import TrainConfig
from evenhand.training.inputs import Inputs, ViewInputs
from evenhand.training.job import Job, Score, Stage
from evenhand.training.targets import Targets

D, K, N = 6, 3, 40


class Tiny(nn.Module):
    """Two stages and a head, with dropout and batch normalisation: everything that makes resuming hard."""

    tuned: nn.Module

    def __init__(self, d: int = D, k: int = K, seed: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.body = nn.Sequential(nn.Linear(d, 8), nn.BatchNorm1d(8), nn.ReLU())
            self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(8, k))
        self.retune("all")

    def retune(self, tune: str) -> None:
        self.tune = tune
        self.body.requires_grad_(tune == "all")
        tuned = self.head if tune == "head" else nn.Sequential(self.body, self.head)
        object.__setattr__(self, "tuned", tuned)

    def parameter_groups(self, learning_rate: float, layer_decay: float) -> list[dict[str, Any]]:
        groups = [{"params": list(self.head.parameters()), "lr": learning_rate, "name": "head"}]
        trained = [p for p in self.body.parameters() if p.requires_grad]
        if trained:
            groups.append({"params": trained, "lr": learning_rate * layer_decay, "name": "body"})
        return groups


def easy(n: int = N, d: int = D, k: int = K) -> tuple[np.ndarray, np.ndarray]:
    """Return (n, 1, d) float32 features whose first k columns tell the class, and (n,) labels."""
    rng = np.random.default_rng(5)
    y = np.arange(n) % k
    x = rng.normal(size=(n, d)).astype(np.float32)
    x[np.arange(n), y] += 1.5
    return x[:, None], y


def accuracy(truth: np.ndarray) -> Callable[[np.ndarray], Score]:
    def scorer(probabilities: np.ndarray) -> Score:
        value = float((probabilities.argmax(axis=1) == truth).mean())
        return Score(value, {"accuracy": value})

    return scorer


def job(train: TrainConfig, *, inputs: Inputs | None = None, **changes: Any) -> Job:
    """Return a job of one stage on easy data."""
    x, y = easy()
    judged = np.arange(0, N, 4)
    made = Job(
        network=Tiny(),
        stages=(Stage("all", train.epochs, train.learning_rate, inputs or ViewInputs(x)),),
        targets=Targets(y, K, smoothing=train.label_smoothing),
        fit_rows=np.setdiff1d(np.arange(N), judged),
        judge_rows=judged,
        loss=chosen(LOSSES, "cross_entropy").build(Classes(np.bincount(y), np.ones(K))),
        scorer=accuracy(y[judged]),
        train=train,
        key=(0, "tiny", 0),
    )
    return replace(made, **changes)


def weights_of(network: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def same_bits(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture(autouse=True, scope="package")
def one_thread() -> Iterator[None]:
    """Use one thread: on a busy machine, threads that wait for each other make small products slow."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def tiny() -> SimpleNamespace:
    """The pieces above, for tests."""
    return SimpleNamespace(
        Network=Tiny,
        job=job,
        easy=easy,
        accuracy=accuracy,
        weights_of=weights_of,
        same_bits=same_bits,
        K=K,
        D=D,
        N=N,
    )
