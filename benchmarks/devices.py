"""Pictures per second of a whole epoch on a device, beside the same step on tensors that lie there already.

    python benchmarks/devices.py [--device cuda] [--rows 2048] [--epochs 4] [--models lite0,convnext] [--size 224]

Ours is the loop as a task runs it: rows gathered from the store's array, copied, augmented by a profile,
normalised, one step of AdamW with its schedule, validation of 64 rows and the statistics of an epoch. The
synthetic step has one batch of normalised floats on the device from the start: forward, loss, backward, step,
with the same precision. What it makes in a second is what the device can do; ours should reach 80 % of it.
timm's loader (its `PrefetchLoader`, with the augmentations of its training script at their defaults) stands
beside, on the same pictures. The first epoch of each is left out.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import timing
import timm
import torch
from torch import Tensor, nn

from evenhand.modalities.images.image_inputs import ImageInputs
from evenhand.modalities.photos.augmentations.augment import apply_profile, draw_profile
from evenhand.models.normalize import normalised, standardised
from evenhand.training.config import TrainConfig
from evenhand.training.loop.determinism import deterministic
from evenhand.training.loop.fit_spec import FitStage
from evenhand.training.loop.loop import fit
from evenhand.training.monitor.scorer import scorer_of
from evenhand.training.optim.precision import precision
from evenhand.training.plain_module import PlainModule
from evenhand.training.tasks.build_spec import fold_spec

MODELS = {"lite0": "efficientnet_lite0", "convnext": "convnext_small"}
PROFILES = ("none", "no_color", "full")
CLASSES, HELD_OUT, BATCH = 20, 64, 64
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Work:
    """Pictures with their classes, and the device."""

    pictures: np.ndarray
    labels: np.ndarray
    device: torch.device
    epochs: int

    @property
    def rows(self) -> int:
        """Rows that are trained on."""
        return len(self.pictures) - HELD_OUT


def prepared(x: Tensor) -> Tensor:
    """Return normalised floats of stored or of augmented pictures, as `Network.prepare` does."""
    if x.dtype == torch.uint8:
        return normalised(x, MEAN, STD).contiguous(memory_format=torch.channels_last)
    return standardised(x, MEAN, STD).contiguous(memory_format=torch.channels_last)


def network(name: str) -> nn.Module:
    """Return an untrained network."""
    torch.manual_seed(0)
    return timm.create_model(MODELS[name], num_classes=CLASSES).to(memory_format=torch.channels_last)


def ours(work: Work, name: str, profile: str) -> float:
    """Return pictures per second of our loop, the median epoch but the first."""
    device, marks = work.device, []
    inputs = ImageInputs(work.pictures, prepared, apply_profile, draw=draw_profile, profile=profile, device=device)
    train = TrainConfig(epochs=work.epochs, batch_size=BATCH, early_stop=0, choose_by="last")
    rows = np.arange(len(work.pictures))
    held = rows[work.rows :]
    spec = fold_spec(
        PlainModule(network(name).to(device)),
        (FitStage("all", work.epochs, 1e-3, inputs),),
        work.labels,
        CLASSES,
        fit_rows=rows[: work.rows],
        validation_rows=held,
        scorer=scorer_of(work.labels[held], [str(c) for c in range(CLASSES)], {"accuracy": 1.0}),
        train=train,
        device=device,
    )

    def mark(done: int, total: int) -> None:
        synchronise(device)
        marks.append(time.perf_counter())

    with deterministic(torch.get_num_threads()):
        fit(spec, watch=mark)
    return per_second(work.rows, marks)


def bare_step(name: str, device: torch.device) -> Callable[[Tensor, Tensor], None]:
    """Return a step of a new network on a batch: forward pass, loss, backward pass, AdamW, in our precision."""
    module = network(name).to(device).train()
    cast = precision("auto", device)
    optimizer = torch.optim.AdamW(module.parameters(), lr=1e-3, fused=True)

    def step(x: Tensor, y: Tensor) -> None:
        optimizer.zero_grad(set_to_none=True)
        with cast.cast():
            out = module(x)
        nn.functional.cross_entropy(out.float(), y).backward()
        optimizer.step()

    return step


def synthetic(work: Work, name: str, _profile: str) -> float:
    """Return pictures per second of the same step on one batch that lies on the device."""
    device, marks = work.device, []
    step = bare_step(name, device)
    x = torch.randn(BATCH, 3, *work.pictures.shape[1:3], device=device).to(memory_format=torch.channels_last)
    y = torch.randint(0, CLASSES, (BATCH,), device=device)
    with deterministic(torch.get_num_threads()):
        for _ in range(work.epochs):
            for _ in range(work.rows // BATCH):
                step(x, y)
            synchronise(device)
            marks.append(time.perf_counter())
    return per_second(work.rows, marks)


class Pictures(torch.utils.data.Dataset):
    """The pictures as timm's loader takes them."""

    def __init__(self, work: Work) -> None:
        from PIL import Image

        self._work, self._image, self.transform = work, Image, None

    def __len__(self) -> int:
        return self._work.rows

    def __getitem__(self, row: int) -> tuple[Tensor, int]:
        return self.transform(self._image.fromarray(self._work.pictures[row])), int(self._work.labels[row])


def timm_script(work: Work, name: str, profile: str) -> float:
    """Return pictures per second of the step of timm's training script, with its loader."""
    from timm.data import create_loader

    device, marks = work.device, []
    step = bare_step(name, device)
    loader = create_loader(
        Pictures(work),
        (3, *work.pictures.shape[1:3]),
        BATCH,
        is_training=True,
        no_aug=profile == "none",
        color_jitter=0.4 if profile == "full" else None,
        num_workers=8,
        device=device,
        persistent_workers=True,
    )
    for _ in range(work.epochs):
        for x, y in loader:
            step(x, y)
        synchronise(device)
        marks.append(time.perf_counter())
    return per_second(work.rows // BATCH * BATCH, marks)


def per_second(rows: int, marks: list[float]) -> float:
    """Return rows per second from the ends of epochs, the first left out."""
    return rows / statistics.median(np.diff(marks))


def synchronise(device: torch.device) -> None:
    """Wait for the device."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


TOOLS: dict[str, Callable[[Work, str, str], float]] = {"ours": ours, "synthetic": synthetic, "timm": timm_script}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--rows", type=int, default=2048)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--models", default="lite0,convnext")
    parser.add_argument("--tools", default="ours,synthetic,timm")
    parser.add_argument("--profiles", default=",".join(PROFILES))
    given = parser.parse_args()
    device, draws = torch.device(given.device), np.random.default_rng(0)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    pictures = draws.integers(0, 255, (given.rows + HELD_OUT, given.size, given.size, 3), dtype=np.uint8)
    work = Work(pictures, draws.integers(0, CLASSES, len(pictures)), device, given.epochs)
    print(f"{name}, torch {torch.__version__}, {given.size} px, batches of {BATCH}\n")
    head = ["model", "profile", *(f"{tool}, pictures/s" for tool in given.tools.split(",")), "ours by synthetic"]
    lines = []
    for model in given.models.split(","):
        for profile in given.profiles.split(","):
            found = {tool: partial(TOOLS[tool], work, model, profile)() for tool in given.tools.split(",")}
            share = found.get("ours", np.nan) / found.get("synthetic", np.nan)
            lines.append([model, profile, *(f"{value:,.0f}" for value in found.values()), f"{share:.2f}"])
            print(lines[-1], flush=True)
    print(timing.table(head, lines))


if __name__ == "__main__":
    main()
