"""`package:minilm`: all-MiniLM-L6-v2, sentence embeddings of English, from a package of the package index."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
from torch import nn

from evenhand.base.errors import ModelError
from evenhand.modalities.pairs.options import PairOptions
from evenhand.modalities.pairs.towers.half import Half
from evenhand.modalities.pairs.towers.text_transformers import TextTransformer, mean_of_tokens
from evenhand.modalities.pairs.towers.tokens import Padding, tokens_of
from evenhand.modalities.pairs.towers.transformers_library import transformers, without_attributes
from evenhand.models.config import ModelConfig
from evenhand.models.encoders.sources.package import file_in
from evenhand.models.feature_extractor import FeatureExtractor
from evenhand.models.weight_packages import MINILM

LONGEST = 256
"""Tokens that the model was trained with (its sentence_bert_config.json)."""


def minilm(options: PairOptions, model: ModelConfig, told: Mapping[str, Any]) -> Half:
    """Return the tower: the mean over tokens of the last layer, 384 features, not normalised.

    Raises
    ------
    ModelError
        If its package is not installed or damaged.
    """
    if told:
        return _half(told, None, None)
    archive = file_in(MINILM.module, "*.zip", MINILM.distribution)
    return from_archive(archive, "package:minilm", pretrained=model.pretrained)


def from_archive(archive: Path, name: str, *, pretrained: bool) -> Half:
    """Return the tower of a zip as sentence-transformers saves a BERT: configuration, weights, tokenizer."""
    try:
        with zipfile.ZipFile(archive) as held:
            config = json.loads(held.read("config.json"))
            file = held.read("tokenizer.json")
            arrays = safetensors.torch.load(held.read("model.safetensors")) if pretrained else None
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, safetensors.SafetensorError) as error:
        raise ModelError(f"{archive}: cannot be read as a model ({error}). Install its package again.") from None
    padding = Padding(LONGEST, always=False, side="right", pad=int(config.get("pad_token_id") or 0), token="[PAD]")
    about = {
        "encoder": name,
        "config": config,
        "padding": padding.plain(),
        "tokenizer_bytes": len(file),
    }
    return _half(about, file, arrays)


def _half(about: Mapping[str, Any], file: bytes | None, arrays: Mapping[str, Any] | None) -> Half:
    library = transformers()
    config = library.BertConfig(**without_attributes(about["config"]))
    body = library.BertModel(config, add_pooling_layer=False)
    if arrays is not None:
        missing, _ = body.load_state_dict(dict(arrays), strict=False)  # its pooler is not used
        if missing:
            raise ModelError(f"{about['encoder']}: {len(missing)} tensors are missing (first: {missing[0]}).")
    tower = TextTransformer(tokens_of(file, about), body, masked=True, read=mean_of_tokens)
    return Half(FeatureExtractor([tower], [(0, nn.Identity())]), about)
