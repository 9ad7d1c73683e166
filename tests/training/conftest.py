"""A tiny network with a boundary, and specs on easy data, so that the loop is tested in milliseconds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from evenhand.balance.registries import LOSSES, ClassNames
from evenhand.base.errors import DataError
from evenhand.base.settings.named_choice import section_of
from evenhand.base.storage.record import ROW, Record
from evenhand.base.values import TEST, Folds, Samples
from evenhand.data.store.store import Store
from evenhand.training.config import TrainConfig
from evenhand.training.inputs.inputs import Inputs, ViewInputs
from evenhand.training.inputs.targets import Targets
from evenhand.training.loop.fit_spec import FitSpec, FitStage
from evenhand.training.monitor.scorer import Score

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


def spec(train: TrainConfig, *, inputs: Inputs | None = None, **changes: Any) -> FitSpec:
    """Return a spec of one stage on easy data."""
    x, y = easy()
    judged = np.arange(0, N, 4)
    made = FitSpec(
        network=Tiny(),
        stages=(FitStage("all", train.epochs, train.learning_rate, inputs or ViewInputs(x)),),
        targets=Targets(y, K, smoothing=train.label_smoothing),
        fit_rows=np.setdiff1d(np.arange(N), judged),
        validation_rows=judged,
        loss=section_of(LOSSES, "cross_entropy").build(ClassNames(np.bincount(y), np.ones(K))),
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
        spec=spec,
        easy=easy,
        accuracy=accuracy,
        weights_of=weights_of,
        same_bits=same_bits,
        K=K,
        D=D,
        N=N,
    )


def picture_record(
    folder: Path,
    *,
    model: Mapping[str, Any] | None = None,
    train: Mapping[str, Any] | None = None,
    balance: Mapping[str, Any] | None = None,
    multi_label: bool = False,
    exclusive: list[list[str]] | None = None,
    rows: int = 36,
    size: int = 32,
) -> SimpleNamespace:
    """Write a record on coloured squares: three classes, three folds, six locked rows, one row undecodable.

    Returns record and store (paths), and `call(fold, seed)`, the arguments of a task.
    """
    rng = np.random.default_rng(3)
    y = np.arange(rows) % 3
    pictures = rng.integers(0, 90, (rows, size, size, 3), dtype=np.uint8)
    pictures[np.arange(rows), :, :, y] += 120
    store = Store(folder / "store")
    contents = [f"row{i}" for i in range(rows)]
    names = {}
    for side in (size, size + 16):
        wide = np.pad(pictures, ((0, 0), (0, side - size), (0, side - size), (0, 0)), mode="edge")

        def make(row: int, wide: np.ndarray = wide) -> dict[str, np.ndarray]:
            if row == 4:
                raise DataError("it is cut short")
            return {"image": wide[row]}

        names[side] = store.rows({"side": side}, contents, make).name
    keep = np.delete(np.arange(rows), 4)
    frame = pd.DataFrame({"id": [f"id{i}" for i in keep], "path": [f"{i}.jpg" for i in keep], ROW: keep})
    labels = np.eye(3)[y[keep]] if multi_label else y[keep]
    samples = Samples(frame, ("a", "b", "ц"), labels)
    own = {"name": "m", "encoder": "timm:test_resnet", "pretrained": False, **(model or {})}
    defaults = {"epochs": 3, "batch_size": 8, "learning_rate": 0.01, "early_stop": 0}
    resolved = {
        "model": [{**own, "train": {**defaults, **(train or {})}, "balance": dict(balance or {})}],
        "score": {"macro_f1": 1.0},
        "compute": {"device": "cpu"},
    }
    data = {
        "kind": "photos",
        "classes": samples.classes,
        "encoded": {"m": names[size], f"m@{size + 16}": names[size + 16]},
        **({} if exclusive is None else {"exclusive": exclusive}),
    }
    record = Record.create(folder / "runs", asked="", resolved=resolved, data=data)
    record.write_samples(samples)
    fold = np.where(keep >= rows - 6, TEST, keep // 3 % 3)
    record.write_folds(Folds(samples.ids, fold.astype(np.int16), k=3))
    common = {"record": str(record.path), "store": store.place(), "model": "m"}
    return SimpleNamespace(
        record=record,
        store=store,
        samples=samples,
        common=common,
        names=names,
        call=lambda fold=0, seed=0: {**common, "fold": fold, "seed": seed, "threads": 1},
    )


@pytest.fixture
def make_record(tmp_path: Path) -> Callable[..., SimpleNamespace]:
    """Return `picture_record`, each time in a folder of its own."""
    count = itertools.count()
    return lambda **settings: picture_record(tmp_path / str(next(count)), **settings)
