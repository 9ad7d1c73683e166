"""Encoders by name: `SOURCE:NAME` asks a source, a bare name asks the kind of data that offers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from evenhand.base.errors import ModelError
from evenhand.base.registry import Registry
from evenhand.base.seeds import seed_from
from evenhand.models.config import ModelConfig, SizedModel
from evenhand.models.encoders.encoder import Encoder

EncoderBuilder = Callable[[ModelConfig], Encoder]

ENCODERS: Registry[EncoderBuilder] = Registry("encoder", group="evenhand.models")
"""Encoders of kinds of data, by name."""

SOURCES: Registry[EncoderBuilder] = Registry(
    "source of encoders", group="evenhand.sources", package="evenhand.models.encoders.sources"
)
"""Sources of encoders, the part before the colon: timm, file, package."""


def build_encoder(model: ModelConfig, seed: int) -> Encoder:
    """Return the encoder of `model`; weights that are not loaded are initialised from `seed`.

    The global random state is not changed.

    Raises
    ------
    ModelError
        If its weights are not available or do not fit.
    EvenhandError
        If there is no such source or encoder.
    """
    source, colon, _ = model.encoder.partition(":")
    builder = SOURCES.get(source) if colon else _own(model.encoder)
    # timm initialises by the global generator
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_from(seed, "encoder", model.encoder))
        return builder(model)


def _own(name: str) -> EncoderBuilder:
    """Return the builder of a kind's encoder; the error suggests "timm:" for a name of timm."""
    if name not in ENCODERS:
        import timm  # with torchvision it takes longer to import than torch does, and most kinds need neither

        if timm.is_model(name.partition(".")[0]):
            raise ModelError(
                f'There is no encoder named "{name}" of this kind of data. Did you mean "timm:{name}"?'
            )
    return ENCODERS.get(name)


def rebuild_encoder(about: Mapping[str, Any], model: ModelConfig) -> Encoder:
    """Return an encoder of the right shape with random weights, from its `about`.

    Raises
    ------
    EvenhandError
        If its architecture is not known here.
    """
    architecture = about.get("architecture")
    if architecture is None:
        return build_encoder(SizedModel.model_validate({**model.plain(), "about": dict(about)}), 0)
    from evenhand.models.encoders.timm_networks import create, encoder_from

    with torch.random.fork_rng(devices=[]):
        return encoder_from(create(str(architecture), model), str(architecture), about=about)
