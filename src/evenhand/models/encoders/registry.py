"""Encoders by name: `SOURCE:NAME` asks a source, a bare name asks the kind of data that offers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from evenhand.base.errors import ModelError
from evenhand.base.registry import Registry
from evenhand.base.seeds import seed_from
from evenhand.models.config import ModelConfig
from evenhand.models.encoders.encoder import Encoder

EncoderBuilder = Callable[[ModelConfig], Encoder]

ENCODERS: Registry[EncoderBuilder] = Registry("encoder", group="evenhand.models")
"""Encoders that kinds of data offer under names of their own."""

SOURCES: Registry[EncoderBuilder] = Registry(
    "source of encoders", group="evenhand.sources", package="evenhand.models.encoders.sources"
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
    builder = SOURCES.get(source) if colon else _own(model.encoder)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_from(seed, "encoder", model.encoder))
        return builder(model)


def _own(name: str) -> EncoderBuilder:
    """Return a kind's own builder; a name of timm without its source is recognised and said."""
    if name not in ENCODERS:
        import timm  # with torchvision it takes longer to import than torch does, and most kinds need neither

        if timm.is_model(name.partition(".")[0]):
            raise ModelError(
                f'There is no encoder named "{name}" of this kind of data. Did you mean "timm:{name}"?'
            )
    return ENCODERS.get(name)


def rebuild_encoder(about: Mapping[str, Any], model: ModelConfig) -> Encoder:
    """Return an encoder of the right shape with random weights, from what it said about itself.

    Raises
    ------
    EvenhandError
        If its architecture is not known here.
    """
    architecture = about.get("architecture")
    if architecture is None:
        return build_encoder(model, 0)
    from evenhand.models.encoders.timm_networks import create, encoder_from

    with torch.random.fork_rng(devices=[]):
        return encoder_from(create(str(architecture), model), str(architecture), about=about)
