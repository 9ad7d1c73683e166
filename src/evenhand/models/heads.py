"""Heads by name: features to logits. A head is initialised from its own generator, never from global state."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from evenhand.base.registry import Registry
from evenhand.base.seeds import seed_from
from evenhand.models.config import ModelConfig


class HeadBuilder(Protocol):
    """Build a module (b, d) float32 -> (b, k) float32 logits, initialised from `generator` alone."""

    def __call__(self, d: int, k: int, config: ModelConfig, generator: torch.Generator) -> nn.Module: ...


HEADS: Registry[HeadBuilder] = Registry("head", group="evenhand.heads")


def build_head(model: ModelConfig, d: int, k: int, seed: int) -> nn.Module:
    """Return the head that `model` asks for: (b, d) features -> (b, k) logits.

    Features are normalised first (`model.normalise`). Equal arguments give equal weights; the global random state
    is not changed.

    Raises
    ------
    EvenhandError
        If there is no head of that name.
    """
    generator = torch.Generator().manual_seed(seed_from(seed, "head", model.head))
    return nn.Sequential(scale(model.normalise, d), HEADS.get(model.head)(d, k, model, generator))


class Standardise(nn.BatchNorm1d):
    """Features with mean 0 and variance 1 over the training rows: (b, d) -> (b, d), without learned parameters.

    Running averages are used for evaluation, and for a training batch of a single row, which has no variance.
    """

    def __init__(self, d: int) -> None:
        super().__init__(d, affine=False)

    def forward(self, x: Tensor) -> Tensor:
        if self.training and len(x) == 1:  # torch raises on a variance of one value
            return functional.batch_norm(x, self.running_mean, self.running_var, eps=self.eps)
        return super().forward(x)


class UnitLength(nn.Module):
    """Features divided by their L2 norm: (b, d) -> (b, d)."""

    def forward(self, x: Tensor) -> Tensor:
        return functional.normalize(x, dim=1)


def scale(name: str, d: int) -> nn.Module:
    """Return the module that normalises (b, d) features: batch, layer, l2 or none."""
    if name == "batch":
        return Standardise(d)
    if name == "layer":
        return nn.LayerNorm(d, elementwise_affine=False)
    return UnitLength() if name == "l2" else nn.Identity()


def _layer(d: int, k: int, std: float, generator: torch.Generator) -> nn.Linear:
    # on meta first: torch initialises a layer by the global generator
    layer = nn.Linear(d, k, device="meta").to_empty(device="cpu")
    with torch.no_grad():
        layer.weight.normal_(0.0, std, generator=generator)
        layer.bias.zero_()
    return layer


@HEADS.register("linear")
def linear(d: int, k: int, config: ModelConfig, generator: torch.Generator) -> nn.Module:
    """Return one linear layer after dropout; weights start near zero."""
    return nn.Sequential(nn.Dropout(config.dropout), _layer(d, k, 0.01, generator))


@HEADS.register("logistic_regression")
def logistic_regression(d: int, k: int, config: ModelConfig, generator: torch.Generator) -> nn.Module:
    """Return one linear layer of zeros, for the weights of a solver (`training.tasks.logistic_regression`)."""
    return _layer(d, k, 0.0, generator)


@HEADS.register("mlp")
def mlp(d: int, k: int, config: ModelConfig, generator: torch.Generator) -> nn.Module:
    """Return one hidden layer of `head_width` units (He et al. 2015 initialisation), GELU, dropout before each."""
    width = config.head_width
    return nn.Sequential(
        nn.Dropout(config.dropout),
        _layer(d, width, (2.0 / d) ** 0.5, generator),
        nn.GELU(),
        nn.Dropout(config.dropout),
        _layer(width, k, 0.01, generator),
    )


class Cosine(nn.Module):
    """Cosine of the angle to one direction per class, times a learned scale (Gidaris & Komodakis 2018, eq. 4).

    (b, d) -> (b, k) in [-scale, scale]. The norm of the weights, which is smaller for rare classes, has no effect.
    """

    def __init__(self, d: int, k: int, generator: torch.Generator, scale: float = 16.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(k, d).normal_(generator=generator))
        self.log_scale = nn.Parameter(torch.tensor(scale).log())

    def forward(self, x: Tensor) -> Tensor:
        cosine = functional.linear(functional.normalize(x, dim=1), functional.normalize(self.weight, dim=1))
        return cosine * self.log_scale.exp()


@HEADS.register("cosine")
def cosine(d: int, k: int, config: ModelConfig, generator: torch.Generator) -> nn.Module:
    """Return a cosine classifier after dropout."""
    return nn.Sequential(nn.Dropout(config.dropout), Cosine(d, k, generator))
