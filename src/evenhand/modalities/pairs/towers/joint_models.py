"""`siglip2:NAME` and `clip:NAME`: both towers of a model of pictures and texts, by transformers.

Image processor and tokenizer are loaded apart, without the joint processor, whose choice of a tokenizer is wrong in
some releases. Features are those of `get_image_features` and `get_text_features`, not normalised.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from evenhand.base.errors import ModelError
from evenhand.modalities.pairs.options import PairOptions
from evenhand.modalities.pairs.towers.half import Half
from evenhand.modalities.pairs.towers.hub_folder import folder_of
from evenhand.modalities.pairs.towers.text_transformers import TextTransformer, pooled, projected
from evenhand.modalities.pairs.towers.tokens import Padding, tokens_of
from evenhand.modalities.pairs.towers.transformers_library import transformers, without_attributes, without_reports
from evenhand.models.config import ModelConfig
from evenhand.models.feature_extractor import FeatureExtractor
from evenhand.models.normalize import normalised, standardised

CLASSES = {
    "siglip": ("SiglipTextModel", "SiglipVisionModel"),
    "clip": ("CLIPTextModelWithProjection", "CLIPVisionModelWithProjection"),
}
"""Type of a model by its configuration -> classes of its towers. SigLIP 2 of one resolution is of type "siglip"."""

TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json")
"""Files that a tokenizer can be read from; one of them is needed."""

SOURCES_OF = ("siglip2", "clip")
"""What stands before the colon."""


class ResizedPictures(nn.Module):
    """A batch of pairs -> (b, 3, side, side) float32 pictures, resized (bicubic, antialiased) where they differ."""

    def __init__(self, side: int, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.side, self.mean, self.std = side, tuple(mean), tuple(std)

    def forward(self, batch: Mapping[str, Tensor]) -> Tensor:
        image = batch["image"]
        if image.shape[1] == self.side:
            return normalised(image, self.mean, self.std)
        x = functional.interpolate(
            image.permute(0, 3, 1, 2).float(), (self.side, self.side), mode="bicubic", antialias=True
        )
        return standardised(x.clamp(0, 255) / 255, self.mean, self.std)


class VisionTransformer(nn.Module):
    """(b, 3, s, s) pictures -> (b, d) features."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        output = self.body(pixel_values=x)
        projected = getattr(output, "image_embeds", None)
        return output.pooler_output if projected is None else projected  # type: ignore[no-any-return]


def is_joint(name: str) -> bool:
    """Return whether a name is that of a model of pictures and texts."""
    return name.partition(":")[0] in SOURCES_OF and ":" in name


def joint_picture_half(options: PairOptions, model: ModelConfig, told: Mapping[str, Any]) -> Half:
    """Return the tower of pictures of a joint model.

    Raises
    ------
    ModelError
        If it is not available, or takes pictures of any shape (NaFlex).
    """
    folder = None if told else folder_of(options.image)
    about = dict(told) or _about_pictures(folder, options.image)
    kind = about["type"]
    library = transformers()
    body = _body(library, CLASSES[kind][1], about, folder if model.pretrained else None)
    stages = [ResizedPictures(about["side"], about["mean"], about["std"]), VisionTransformer(body)]
    return Half(FeatureExtractor(stages, [(1, nn.Identity())]), about)


def joint_text_half(options: PairOptions, model: ModelConfig, told: Mapping[str, Any]) -> Half:
    """Return the tower of texts of a joint model.

    SigLIP was trained on texts padded to its longest, without an attention mask; CLIP reads to its end.

    Raises
    ------
    ModelError
        If it is not available, or its tokenizer is none of the library tokenizers.
    """
    folder = None if told else folder_of(options.text)
    file: bytes | None = None
    about = dict(told)
    if folder is not None:
        about, file = _about_texts(folder, options.text)
    kind = about["type"]
    library = transformers()
    body = _body(library, CLASSES[kind][0], about, folder if model.pretrained else None)
    masked = kind == "clip"
    tower = TextTransformer(
        tokens_of(file, about), body, masked=masked, read=projected if kind == "clip" else pooled
    )
    return Half(FeatureExtractor([tower], [(0, nn.Identity())]), about)


def _body(library: Any, name: str, about: Mapping[str, Any], folder: Path | None) -> nn.Module:
    of = getattr(library, name)
    if folder is None:
        made: nn.Module = of(of.config_class(**without_attributes(about["config"])))
        return made.eval()
    try:
        with without_reports(library):  # each tower lists the tensors of the other one as unexpected
            found, said = of.from_pretrained(folder, output_loading_info=True, use_safetensors=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelError(f"{folder}: cannot be read as {about['encoder']} ({_first(error)}).") from None
    if said["missing_keys"]:
        missing = sorted(said["missing_keys"])
        raise ModelError(f"{folder}: {len(missing)} tensors of {name} are missing (first: {missing[0]}).")
    return found.float().eval()  # type: ignore[no-any-return]


def _config(folder: Path, name: str) -> Any:
    try:
        config = transformers().AutoConfig.from_pretrained(folder)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{name}: its configuration cannot be read ({_first(error)}).") from None
    if config.model_type == "siglip2":
        raise ModelError(
            f"{name}: takes pictures in patches of any shape (NaFlex), which is not supported. Take one of a fixed "
            "resolution, such as siglip2:google/siglip2-base-patch16-224."
        )
    if config.model_type not in CLASSES:
        raise ModelError(
            f'{name}: is of type "{config.model_type}"; models of type {" and ".join(CLASSES)} can be used.'
        )
    return config


def _about_pictures(folder: Path | None, name: str) -> dict[str, Any]:
    assert folder is not None
    config = _config(folder, name)
    try:
        processor = transformers().AutoImageProcessor.from_pretrained(folder)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise ModelError(f"{name}: its image processor cannot be read ({_first(error)}).") from None
    vision = config.vision_config
    return {
        "encoder": name,
        "type": config.model_type,
        "config": vision.to_dict(),
        "side": int(vision.image_size),
        "mean": [float(x) for x in processor.image_mean],
        "std": [float(x) for x in processor.image_std],
    }


def _about_texts(folder: Path, name: str) -> tuple[dict[str, Any], bytes]:
    config = _config(folder, name)
    if not any((folder / file).is_file() for file in TOKENIZER_FILES):
        # the library would make a tokenizer without words, to which all texts are equal
        raise ModelError(f"{name}: its tokenizer is missing (one of {', '.join(TOKENIZER_FILES)}).")
    try:
        tokenizer = transformers().AutoTokenizer.from_pretrained(folder)
        backend = tokenizer.backend_tokenizer
        if config.model_type == "siglip":
            _lower(backend)
        file = backend.to_str().encode()
    except (OSError, ValueError, KeyError, ImportError, AttributeError) as error:
        raise ModelError(f"{name}: its tokenizer cannot be read ({_first(error)}).") from None
    text = config.text_config
    if len(tokenizer) > text.vocab_size:
        raise ModelError(
            f"{name}: its tokenizer knows {len(tokenizer):,} tokens, and its network {text.vocab_size:,}: they "
            "belong to different models."
        )
    padding = Padding(
        length=int(text.max_position_embeddings),
        always=config.model_type == "siglip",
        side=tokenizer.padding_side,
        pad=int(tokenizer.pad_token_id),
        token=str(tokenizer.pad_token),
    )
    about = {
        "encoder": name,
        "type": config.model_type,
        "config": text.to_dict(),
        "padding": padding.plain(),
        "tokenizer_bytes": len(file),
    }
    return about, file


def _lower(backend: Any) -> None:
    """Let a tokenizer read texts in lower case, as SigLIP was trained on them.

    SigLIP 2 for pictures of one size is of type "siglip" and brings the tokenizer of Gemma, which keeps case. The
    library lowers it for models of type "siglip2" alone, those for pictures of any shape (transformers, pull
    request 43101).
    """
    from tokenizers.normalizers import Lowercase, Sequence

    held = backend.normalizer
    backend.normalizer = Lowercase() if held is None else Sequence([Lowercase(), held])


def _first(error: Exception) -> str:
    return str(error).partition("\n")[0][:160]
