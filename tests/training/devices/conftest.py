"""The pretend device for tests, as any GPU or as an Apple GPU, and small fits on it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

import evenhand.modalities.beats.torch_half
import evenhand.modalities.photos.torch_half
from evenhand.modalities.beats.inputs import BeatInputs
from evenhand.modalities.images.image_inputs import ImageInputs
from evenhand.modalities.photos.augmentations.augment import draw_profile
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

# Before any test: autograd starts the threads of all devices at its first use, and knows none that come later.
device()

K, SIDE = 3, 32
BEATS = {"signal": [2, 64], "rhythm": [5], "near": [3]}
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
    """Return the spec of a fit of photos or beats with everything that a step can have; `train` changes it."""
    rng, labels = np.random.default_rng(2), np.arange(rows) % K
    encoder = "timm:test_resnet" if kind == "photos" else "resnet1d"
    model = SizedModel(name="m", encoder=encoder, pretrained=False, tune="all", row=BEATS)
    network = build_network(model, K, 0).to_device(torch.device(device))
    cutmix = {"cutmix": 0.5} if kind == "photos" else {}
    settings = TrainConfig(epochs=2, batch_size=batch, early_stop=0, **{**EVERYTHING, **cutmix, **train})
    if kind == "photos":
        pictures = rng.integers(0, 255, (rows, SIDE, SIDE, 3), dtype=np.uint8)
        apply_profile: Any = evenhand.modalities.photos.torch_half.apply_profile
        how = {"draw": draw_profile, "profile": settings.augment, "device": device}
        inputs: Any = ImageInputs(pictures, network.prepare, apply_profile, **how)
    else:
        arrays = {name: rng.normal(size=(rows, *shape)).astype(np.float32) for name, shape in BEATS.items()}
        apply_profile = evenhand.modalities.beats.torch_half.apply_profile
        inputs = BeatInputs(arrays, ("signal", "rhythm"), apply_profile, profile=settings.augment, device=device)
    held_out = np.arange(0, rows, 4)
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


def taught(spec: FitSpec) -> Teacher:
    """Return a teacher of the rows of a spec."""
    logs = torch.zeros(len(spec.fit_rows) + len(spec.validation_rows), K).log_softmax(1)
    return Teacher(logs.to(spec.device), DistillConfig(record="runs/a", model="m"))
