"""Towers of pictures: any encoder of photos, or that of a model of pictures and texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from evenhand.modalities.pairs.options import PairOptions
from evenhand.modalities.pairs.towers.half import Half
from evenhand.modalities.pairs.towers.joint_models import is_joint, joint_picture_half
from evenhand.models.config import ModelConfig
from evenhand.models.encoders.registry import build_encoder, rebuild_encoder
from evenhand.models.feature_extractor import FeatureExtractor
from evenhand.models.network import features_of
from evenhand.models.normalize import normalised


class Pictures(nn.Module):
    """A batch of pairs -> (b, 3, s, s) float32 pictures, as an encoder of photos takes them."""

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.mean, self.std = tuple(mean), tuple(std)

    def forward(self, batch: Mapping[str, Tensor]) -> Tensor:
        return normalised(batch["image"], self.mean, self.std)


def picture_half(options: PairOptions, model: ModelConfig, side: int, told: Mapping[str, Any]) -> Half:
    """Return the tower of pictures that `options.image` names.

    Parameters
    ----------
    side
        Of the pictures, px.
    told
        What the tower said about itself when it was built from its source; {} to build it from there.

    Raises
    ------
    ModelError
        If its weights are not available, or there is no such encoder.
    """
    if is_joint(options.image):
        return joint_picture_half(options, model, told)
    own = model.model_copy(update={"encoder": options.image, "options": {}, "pool": options.pool, "size": side})
    encoder = rebuild_encoder(told, own) if told else build_encoder(own, 0)
    whole = features_of(encoder, own)
    stages = [Pictures(encoder.mean, encoder.std), *whole.stages]
    reads = [(place + 1, pool) for place, pool in zip(whole.places, whole.pools, strict=True)]
    return Half(FeatureExtractor(stages, reads), {**encoder.about, "encoder": options.image, "pool": options.pool})
