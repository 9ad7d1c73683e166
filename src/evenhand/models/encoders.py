"""Encoders by name: `SOURCE:NAME` asks a source, a bare name asks the kind of data that offers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from evenhand.base.registry import Registry
from evenhand.base.seeds import seed_from
from evenhand.models.config import ModelConfig
from evenhand.models.stages import Stage


class Encoder(nn.Module):
    """A network without its classifier, cut into stages.

    Attributes
    ----------
    backbone
        The network itself; owns every parameter.
    stages
        In order, input to last map; other views of the backbone.
    pool
        Last map -> (b, d) float32 features.
    d
        Number of features.
    mean, std
        (c,) of the pictures it was trained on, in 0..1.
    about
        What is needed to build it again without its source: architecture and arguments, plain values.
    """

    stages: tuple[Stage, ...]
    pool: nn.Module

    def __init__(
        self,
        backbone: nn.Module,
        stages: tuple[Stage, ...],
        pool: nn.Module,
        d: int,
        *,
        mean: tuple[float, ...] = (0.5, 0.5, 0.5),
        std: tuple[float, ...] = (0.5, 0.5, 0.5),
        about: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        object.__setattr__(self, "stages", stages)  # views of the backbone, not further parts
        object.__setattr__(self, "pool", pool)
        self.d = d
        self.mean, self.std = mean, std
        self.about = dict(about or {})


EncoderBuilder = Callable[[ModelConfig], Encoder]

ENCODERS: Registry[EncoderBuilder] = Registry("encoder", group="evenhand.models")
"""Encoders that kinds of data offer under names of their own."""

SOURCES: Registry[EncoderBuilder] = Registry(
    "source of encoders", group="evenhand.sources", package="evenhand.models.sources"
)
"""What stands before the colon: timm, file, package."""


def build_encoder(model: ModelConfig, seed: int) -> Encoder:
    """Return the encoder that `model` asks for; weights that are not loaded are drawn from `seed`.

    The global random state is left as it was.

    Raises
    ------
    ModelError
        If its weights cannot be had or do not fit.
    EvenhandError
        If there is no such source or encoder.
    """
    source, colon, _ = model.encoder.partition(":")
    builder = SOURCES.get(source) if colon else ENCODERS.get(model.encoder)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_from(seed, "encoder", model.encoder))
        return builder(model)
