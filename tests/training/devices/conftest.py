"""The pretend device for tests, as any GPU or as an Apple GPU, and small fits on it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from evenhand.models.acceleration import memory_format
from evenhand.models.config import SizedModel
from evenhand.models.network import build_network
from evenhand.training.config import DistillConfig, TrainConfig
from evenhand.training.loop import loop
from evenhand.training.loop.fit_spec import FitSpec, FitStage
from evenhand.training.monitor.scorer import Score
from evenhand.training.tasks.build_spec import fold_spec
from evenhand.training.tasks.distillation import Teacher

from .pretend import NAME, Calls, clone_storage, device, watched
from .small_rows import KINDS

# Before any test: autograd starts the threads of all devices at its first use, and knows none that come later.
device()

K = 3
EVERYTHING = {"sam": 0.05, "ema": 0.9, "swa_from": 0, "mixup": 0.3, "augment": "full", "clip": 1.0}


@contextlib.contextmanager
def on_pretend(*, apple: bool = False) -> Iterator[torch.device]:
    """Give the pretend device within a block, to tasks of any configuration; skip where torch lacks the backend.

    Parameters
    ----------
    apple
        Hold it for an Apple GPU.
    """
    found = device()
    if isinstance(found, str):
        pytest.skip(found)
    with pytest.MonkeyPatch.context() as patch, watched():  # it is available within a watch only
        patch.setattr(torch.UntypedStorage, "clone", _cloned(torch.UntypedStorage.clone))
        patch.setattr("evenhand.training.device.checked_device", lambda name: NAME)
        if apple:
            patch.setattr(memory_format, "CONTIGUOUS", {NAME})
        yield found


def _cloned(clone: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda storage: clone_storage(clone, storage)


@pytest.fixture
def pretend() -> Iterator[torch.device]:
    """Return the pretend device."""
    with on_pretend() as found:
        yield found


@pytest.fixture
def apple() -> Iterator[torch.device]:
    """Return the pretend device, held for an Apple GPU."""
    with on_pretend(apple=True) as found:
        yield found


@contextlib.contextmanager
def watched_steps() -> Iterator[list[Calls]]:
    """Give a list that gets the calls of each training step within a block."""
    found: list[Calls] = []
    take = loop.train_step

    def step(state: Any, batch: Any) -> Any:
        with watched() as calls:
            taken = take(state, batch)
        found.append(calls)
        return taken

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "train_step", step)
        yield found


def small_spec(kind: str, device: str | torch.device, *, batch: int = 8, rows: int = 16, **train: Any) -> FitSpec:
    """Return the spec of a fit of a `small_rows.KINDS` with everything that a step can have; `train` changes it."""
    labels, small = np.arange(rows) % K, KINDS[kind]
    model = SizedModel(name="m", pretrained=False, tune="all", **small.model)
    network = build_network(model, K, 0).to_device(torch.device(device))
    settings = TrainConfig(epochs=2, batch_size=batch, early_stop=0, **{**EVERYTHING, **small.train, **train})
    held_out = np.arange(0, rows, 4)
    inputs = small.inputs(network, rows, profile=settings.augment, device=device)
    return fold_spec(
        network,
        (FitStage("all", settings.epochs, 0.01, inputs),),
        labels,
        K,
        fit_rows=np.setdiff1d(np.arange(rows), held_out),
        validation_rows=held_out,
        scorer=lambda p: Score(float((p.argmax(axis=1) == labels[held_out]).mean()), {}),
        train=settings,
        device=device,
    )


def taught(spec: FitSpec) -> FitSpec:
    """Return a spec with a teacher of its rows."""
    logs = torch.zeros(len(spec.fit_rows) + len(spec.validation_rows), K).log_softmax(1)
    return replace(spec, teacher=Teacher(logs.to(spec.device), DistillConfig(record="runs/a", model="m")))
