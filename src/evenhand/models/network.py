"""A classifier as evenhand sees it: a frozen part, a boundary, and a part that is trained.

``network(x) == network.tuned(network.frozen(x))``. The frozen part is computed once and its results are kept
in the store (`activations`); the loop trains `tuned` alone.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from evenhand.base.errors import ModelError, unknown
from evenhand.models.config import ModelConfig
from evenhand.models.encoders import Encoder, build_encoder
from evenhand.models.heads import build_head

HEAD = "head"
"""Boundary of a network whose encoder is frozen whole; its activations are the (d,) features."""


class Frozen(nn.Module):
    """Stages that are not trained: always in evaluation mode, without gradients."""

    def __init__(self, parts: list[nn.Module]) -> None:
        super().__init__()
        self.parts = nn.Sequential(*parts)
        self.requires_grad_(False)
        super().train(False)

    def train(self, mode: bool = True) -> Frozen:
        return super().train(False)

    @torch.no_grad()
    def forward(self, x: Tensor) -> Tensor:
        return self.parts(x)  # type: ignore[no-any-return]


class Tuned(nn.Module):
    """The part that is trained: stages above the boundary, pooling and head; activations -> (b, k) logits."""

    def __init__(self, stages: list[nn.Module], pool: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.stages = nn.Sequential(*stages)
        self.pool = pool
        self.head = head

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.pool(self.stages(x)))  # type: ignore[no-any-return]


class Network(nn.Module):
    """An encoder with a head, cut at a boundary.

    Attributes
    ----------
    frozen
        (b, c, h, w) prepared batch -> activations; None where everything is trained.
    tuned
        Activations, or the prepared batch -> (b, k) float32 logits.
    boundary
        "" (all is trained), "head", or the name of the first stage that is trained.
    encoder
        With `mean` and `std` (c,) of its pictures in 0..1, and its stages.
    """

    frozen: Frozen | None
    tuned: Tuned

    def __init__(self, encoder: Encoder, head: nn.Module, model: ModelConfig) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = head
        self.model = model
        self.retune(model.tune)

    @property
    def mean(self) -> tuple[float, ...]:
        """(c,) mean that is taken from pictures in 0..1."""
        return self.encoder.mean

    @property
    def std(self) -> tuple[float, ...]:
        """(c,) deviation that pictures are divided by."""
        return self.encoder.std

    def retune(self, tune: str) -> None:
        """Move the boundary to where `tune` ("head", "all", "from:STAGE") puts it; weights stay as they are."""
        cut = cut_of(self.encoder, tune)
        modules = [stage.module for stage in self.encoder.stages]
        below, above, pool = modules[:cut], modules[cut:], self.encoder.pool
        self.requires_grad_(True)
        if tune == HEAD:
            below, pool = [*below, pool], nn.Identity()
        names = [stage.name for stage in self.encoder.stages]
        self.boundary = HEAD if tune == HEAD else names[cut] if cut else ""
        # past nn.Module's register: these are other views of the encoder and the head, not further parts
        object.__setattr__(self, "frozen", Frozen(below) if below else None)
        object.__setattr__(self, "tuned", Tuned(above, pool, self.head))

    def prepare(self, x: Tensor) -> Tensor:
        """Return a normalised float32 batch (b, c, h, w).

        Parameters
        ----------
        x
            (b, h, w, c) uint8 as the store holds it, or (b, c, h, w) float32 in 0..1 as augmentations give it.
        """
        if x.dtype == torch.uint8:
            x = x.permute(0, 3, 1, 2).to(torch.float32).div_(255.0)
        mean = torch.tensor(self.mean, device=x.device).view(1, -1, 1, 1)
        std = torch.tensor(self.std, device=x.device).view(1, -1, 1, 1)
        x = (x - mean) / std
        return x.contiguous(memory_format=torch.channels_last) if self.model.channels_last else x.contiguous()

    def forward(self, x: Tensor) -> Tensor:
        return self.tuned(x if self.frozen is None else self.frozen(x))  # type: ignore[no-any-return]

    def parameter_groups(self, learning_rate: float, layer_decay: float = 1.0) -> list[dict[str, Any]]:
        """Return the trained parameters for an optimizer: dicts of params, lr and name, from the head down.

        The head gets `learning_rate`; the encoder `encoder_rate` times that, and a factor `layer_decay` more
        for each stage further down. Biases and norms come in groups of their own with weight_decay 0.
        """
        rate = learning_rate * self.model.encoder_rate
        parts: list[tuple[str, nn.Module, float]] = [(HEAD, self.tuned.head, learning_rate)]
        parts.append(("pool", self.tuned.pool, rate))
        first = len(self.encoder.stages) - len(self.tuned.stages)
        for depth, stage in enumerate(reversed(self.encoder.stages[first:])):
            parts.append((stage.name, stage.module, rate * layer_decay**depth))
        return [group for part in parts for group in _groups(*part)]


def _groups(name: str, module: nn.Module, lr: float) -> list[dict[str, Any]]:
    trained = [p for p in module.parameters() if p.requires_grad]
    matrices = [p for p in trained if p.ndim > 1]
    vectors = [p for p in trained if p.ndim <= 1]
    groups: list[dict[str, Any]] = []
    if matrices:
        groups.append({"params": matrices, "lr": lr, "name": name})
    if vectors:
        groups.append({"params": vectors, "lr": lr, "name": f"{name} (vectors)", "weight_decay": 0.0})
    return groups


def cut_of(encoder: Encoder, tune: str) -> int:
    """Return the number of stages below the boundary that `tune` asks for.

    Raises
    ------
    ModelError
        If it names a stage that the encoder does not have; the message lists them.
    """
    if tune == "all":
        return 0
    if tune == HEAD:
        return len(encoder.stages)
    wanted = tune.removeprefix("from:")
    for position, stage in enumerate(encoder.stages):
        if wanted == stage.name or wanted in stage.members:
            return position
    names = [stage.name for stage in encoder.stages]
    raise ModelError(f"tune = {tune!r}: {unknown('stage', wanted, names)}")


def build_network(model: ModelConfig, k: int, seed: int) -> Network:
    """Return the network that `model` describes, for k classes; equal arguments give equal weights.

    Raises
    ------
    ModelError
        If the encoder cannot be had, or has no such stage.
    """
    encoder = build_encoder(model, seed)
    network = Network(encoder, build_head(model, encoder.d, k, seed), model)
    return network.to(memory_format=torch.channels_last) if model.channels_last else network  # type: ignore[call-overload]
