"""`pair`: an encoder for each half, side by side; features are kept tower by tower."""

from __future__ import annotations

import torch
from torch import nn

from evenhand.modalities.pairs.encoders.shapes import example, picture_side
from evenhand.modalities.pairs.options import NONE, PairOptions
from evenhand.modalities.pairs.towers.half import IMAGE, TEXT, Half
from evenhand.modalities.pairs.towers.picture_towers import picture_half
from evenhand.modalities.pairs.towers.text_towers import text_half
from evenhand.models.config import ModelConfig, SizedModel
from evenhand.models.encoders.blocks import WHOLE, Block
from evenhand.models.encoders.encoder import Encoder
from evenhand.models.encoders.registry import ENCODERS, SOURCES
from evenhand.models.encoders.tower import Tower, Towers


@ENCODERS.register("pair")
def pair(model: ModelConfig) -> Encoder:
    """Return the towers of both halves side by side, or the one that is asked for.

    Raises
    ------
    ModelError
        If there is no such tower, or its weights are not available.
    """
    return pair_of(model, PairOptions.model_validate(model.options))


@SOURCES.register("siglip2")
@SOURCES.register("clip")
def joint(model: ModelConfig) -> Encoder:
    """Return both towers of a model of pictures and texts, `siglip2:NAME` or `clip:NAME`.

    Raises
    ------
    ModelError
        If it is not available.
    """
    return pair_of(model, PairOptions(image=model.encoder, text=model.encoder))


def pair_of(model: ModelConfig, options: PairOptions) -> Encoder:
    """Return the towers that the options name (see `pair`)."""
    side = picture_side(model)
    told = model.about if isinstance(model, SizedModel) else {}
    halves = {}
    if options.image != NONE:
        halves["image"] = picture_half(options, model, side, told.get("image", {}))
    if options.text != NONE:
        halves["text"] = text_half(options, model, told.get("text", {}))
    places = {"image": IMAGE, "text": TEXT}
    towers = Towers({name: _tower(half, places[name], side) for name, half in halves.items()}).eval()
    about = {name: half.about for name, half in halves.items()}
    block = Block(WHOLE, towers)
    return Encoder(towers, (block,), nn.Identity(), example(side), about=about, parts=towers.widths)


def _tower(half: Half, place: int, side: int) -> Tower:
    with torch.no_grad():
        row = {name: part[:1] for name, part in example(side).items()}
        width = half.features.eval()(row).shape[1]
    return Tower(half.features, width, place=place, about=half.about)
