"""An encoder as a value: a network without its classifier, cut into blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from evenhand.models.encoders.blocks import Block


class Encoder(nn.Module):
    """A network without its classifier, cut into blocks.

    Attributes
    ----------
    backbone
        The network itself; owns every parameter.
    stages
        Its blocks, from input to last map; views of the backbone.
    pool
        Last map -> (b, d) float32 features.
    example
        (1, c, h, w) an input that it takes; a dict of such tensors by name where rows have several parts.
    mean, std
        (c,) of the pictures it was trained on, in 0..1.
    about
        Plain values from which it can be built again without its source.
    parts
        Name -> width of the parts of its features, in order, where several encoders or inputs make them
        ({"image": 1280, "text": 384}); empty elsewhere. Heads read them as `SizedModel.parts`.
    """

    stages: tuple[Block, ...]
    pool: nn.Module

    def __init__(
        self,
        backbone: nn.Module,
        stages: tuple[Block, ...],
        pool: nn.Module,
        example: Any,
        *,
        mean: tuple[float, ...] = (0.5, 0.5, 0.5),
        std: tuple[float, ...] = (0.5, 0.5, 0.5),
        about: Mapping[str, Any] | None = None,
        parts: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        object.__setattr__(self, "stages", stages)  # not registered: views of the backbone
        object.__setattr__(self, "pool", pool)
        self.example = example
        self.mean, self.std = mean, std
        self.about = dict(about or {})
        self.parts = dict(parts or {})
