"""Small random models of pictures and texts, saved as those of the hub are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

WORDS = ["<pad>", "</s>", "<unk>", "<s>", "a", "blue", "hat", "dress", "for", "women", "red"]
SIDE = 16
SMALL: dict[str, Any] = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4
}  # fmt: skip

Saved = Callable[[Path, str], tuple[Any, Any, Any]]


def tokenizer(folder: Path, length: int) -> Any:
    """Save a tokenizer of eleven words, and return it."""
    tokenizers, transformers = pytest.importorskip("tokenizers"), pytest.importorskip("transformers")
    model = tokenizers.models.WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="<unk>")
    made = tokenizers.Tokenizer(model)
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    made.post_processor = tokenizers.processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 3), ("</s>", 1)]
    )
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", bos_token="<s>",
        model_max_length=length,
    )  # fmt: skip
    fast.save_pretrained(folder)
    return fast


def saved(folder: Path, kind: str) -> tuple[Any, Any, Any]:
    """Return model, tokenizer and image processor of a type, and save them."""
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    text = {**SMALL, "vocab_size": len(WORDS), "pad_token_id": 0, "bos_token_id": 3, "eos_token_id": 1}
    vision = {**SMALL, "image_size": SIDE, "patch_size": 4}
    if kind == "siglip":
        text["max_position_embeddings"] = 12
        config = transformers.SiglipConfig(text_config=text, vision_config=vision)
        model, processor = transformers.SiglipModel(config), transformers.SiglipImageProcessor
    else:
        text |= {"max_position_embeddings": 16, "projection_dim": 24}
        vision |= {"projection_dim": 24}
        config = transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=24)
        model, processor = transformers.CLIPModel(config), transformers.CLIPImageProcessor
    model.eval().save_pretrained(folder)
    own = processor(size={"height": SIDE, "width": SIDE}, do_center_crop=False)
    own.save_pretrained(folder)
    return model, tokenizer(folder, text["max_position_embeddings"]), own


@pytest.fixture
def save_tokenizer() -> Callable[[Path, int], Any]:
    return tokenizer


@pytest.fixture
def save_joint_model() -> Saved:
    """A folder and a type, "siglip" or "clip" -> model, tokenizer and image processor, saved there."""
    return saved
