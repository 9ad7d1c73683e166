"""`fused:A+B`: concatenated features of several encoders under one head."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from evenhand.base.errors import ModelError
from evenhand.models.config import ModelConfig
from evenhand.models.encoders.blocks import Block
from evenhand.models.encoders.encoder import Encoder
from evenhand.models.encoders.registry import SOURCES, build_encoder
from evenhand.models.feature_extractor import FeatureExtractor, pool_of, taps_of


class Fused(nn.Module):
    """Several encoders side by side: prepared batch -> (b, sum of their d) float32 features."""

    def __init__(self, parts: Sequence[FeatureExtractor]) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([part(x).float() for part in self.parts], dim=1)


@SOURCES.register("fused")
def from_several(model: ModelConfig) -> Encoder:
    """Return the encoders of `fused:A+B` as one with a single block, each pooled by `model.pool`.

    Raises
    ------
    ModelError
        If fewer than two are named, they need pictures prepared differently, or `model.pool` is not one word.
    """
    names = [name for name in model.encoder.partition(":")[2].split("+") if name]
    if len(names) < 2:
        raise ModelError(f'encoder = "{model.encoder}": name two encoders or more, as in "fused:A+B".')
    if not isinstance(model.pool, str):
        raise ModelError('pool: a fused encoder takes one word for all of its encoders, such as "own" or "stages".')
    encoders = [build_encoder(model.model_copy(update={"encoder": name}), 0) for name in names]
    first = encoders[0]
    if any((e.mean, e.std) != (first.mean, first.std) for e in encoders):
        raise ModelError(f'encoder = "{model.encoder}": these encoders take pictures prepared in different ways.')
    whole = Fused([_features(encoder, model.pool) for encoder in encoders])
    stage = Block("fused", whole, ("parts",))
    return Encoder(whole, (stage,), nn.Identity(), first.example, mean=first.mean, std=first.std)


def _features(encoder: Encoder, pool: str) -> FeatureExtractor:
    taps = taps_of(pool, [stage.name for stage in encoder.stages])
    reads = [(tap.stage, pool_of(tap.pool, encoder.pool)) for tap in taps]
    return FeatureExtractor([stage.module for stage in encoder.stages], reads)
