"""The section [[model]]: one table per model. No torch here."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ValidationInfo, field_validator, model_validator

from evenhand.base.settings.key_faults import KeyFaults
from evenhand.base.settings.named_choice import faults_as_value_error
from evenhand.base.settings.section import Section, check, option
from evenhand.models.heads.registry import HEADS

RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{d}{i}" for d in ("com", "lpt") for i in range(1, 10))})
"""Names that some file systems keep for devices."""

FORBIDDEN = '<>:"/\\|?*'
"""Characters that some file systems do not allow."""


def _file_name(name: str, *, longest: int = 100) -> str:
    """Return `name` in Unicode normal form C, if it can be the name of a folder everywhere."""
    # Some file systems give names back decomposed; two spellings would then be two models in one folder.
    name = unicodedata.normalize("NFC", name)
    bad = sorted({c for c in name if c in FORBIDDEN or unicodedata.category(c).startswith("C")})
    if bad:
        raise ValueError(f"a name may not hold {' '.join(repr(c) for c in bad)} (it becomes a folder)")
    if not name or name != name.strip() or name.startswith(".") or name.endswith("."):
        raise ValueError("a name is not empty and neither begins nor ends with a dot or a space")
    if len(name.encode()) > longest:
        raise ValueError(f"a name has at most {longest} bytes in UTF-8")
    # "nul.txt" is the device as well.
    if name.split(".")[0].casefold() in RESERVED:
        raise ValueError("this name is kept for a device by some file systems; choose another")
    return name


def _tune(value: str) -> str:
    if value in {"head", "all"} or re.fullmatch(r"from:\S+", value):
        return value
    raise ValueError('allowed are "head", "all" and "from:BLOCK" (for example "from:blocks.4")')


def _encoder(value: str) -> str:
    if re.fullmatch(r"(\w+:\S.*)|([\w.-]+)", value):
        return value
    raise ValueError("allowed are timm:NAME, file:PATH, package:NAME and a name of the kind's own")


Name = Annotated[str, AfterValidator(_file_name)]


class ModelConfig(Section):
    """One model; it is trained on every fold with every seed."""

    name: Name = option(description="Name of the model in folders, tables and charts.")
    encoder: Annotated[str, AfterValidator(_encoder)] = option(
        description="Where the encoder comes from: timm:NAME, file:PATH, package:NAME, or a name of the kind's own."
    )
    architecture: str | None = option(
        None, description="timm name of the network in a file:PATH whose metadata does not name it."
    )
    pretrained: bool = option(True, description="Start from trained weights; false starts from random ones.")
    tune: Annotated[str, AfterValidator(_tune)] = option(
        "head", description="What is trained: head, all, or from:BLOCK (that block and all after it)."
    )
    head: str = option(
        "linear",
        description="Classifier on the features: linear, mlp, cosine, logistic_regression, knn, hash, "
        "product_quantizer, and of features with several parts hadamard and gated.",
    )
    head_options: dict[str, Any] = option({}, description="Options of the head.")
    blocks: Literal["sigmoid", "softmax"] = option(
        "sigmoid",
        description="Outputs of classes that exclude each other (data.exclusive): a sigmoid each, or a softmax "
        "over each set of them.",
    )
    head_width: int = option(512, ge=1, le=65_536, unit="units", description="Hidden layer of heads that have one.")
    dropout: float = option(0.0, ge=0, lt=1, description="Dropout of the features while the head is trained.")
    normalise: Literal["batch", "layer", "l2", "none"] = option(
        "batch", description="How features are normalised before the head."
    )
    pool: str | list[str] = option(
        "own",
        description="How maps become features: own (as in training), avg, max, gem, stages (own and the averages "
        "of the deeper blocks), BLOCK or BLOCK:max; a list is concatenated.",
    )
    size: int | None = option(
        None, ge=8, le=4096, unit="px", description="Side of the pictures; the kind's own where not given."
    )
    views: int = option(
        1, ge=1, le=1000, description="Views of each row held for a frozen part; the first is plain."
    )
    view_profile: str = option(
        "geometry",
        description="Profile of augmentations that the further views are made by; where not given, the kind's own.",
    )
    views_use: Literal["sample", "average"] = option(
        "sample", description="Train on one random view per row and epoch, or on the average of all."
    )
    view_dtype: Literal["auto", "float32", "float16"] = option(
        "auto",
        description="Number format of activations in the store; auto is float32 for features, float16 for maps.",
    )
    frozen_precision: Literal["auto", "float32", "bf16"] = option(
        "auto",
        description="Arithmetic of the frozen part; auto is bf16 where hardware multiplies it, else float32.",
    )
    test_views: str | int = option(
        "none",
        description="Views that each prediction is averaged over: for photos none, flip, geo4, geo8 or a number.",
    )
    test_views_mean: Literal["probabilities", "logits"] = option(
        "probabilities", description="What is averaged over test views."
    )
    encoder_rate: float = option(1.0, gt=0, description="Learning rate of tuned blocks as a share of the head's.")
    layer_decay: float = option(
        1.0, gt=0, le=1, description="Factor on the learning rate from each tuned block to the one below it."
    )
    form: Literal["full", "light"] = option(
        "full",
        description="Light holds normalisations and depthwise kernels as they came: on a processor it trains "
        "several times faster, with train.precision = bf16 most of all.",
    )
    drop_path: float = option(
        0.0, ge=0, lt=1, description="Stochastic depth: share of residual branches that are skipped."
    )
    channels_last: bool = option(True, description="Hold maps with channels last, which most processors prefer.")
    seeds: list[int] = option([0], min_length=1, description="The model is trained once with each of these seeds.")
    options: dict[str, Any] = option({}, description="Options of an encoder of the kind's own (width, layers).")
    train: dict[str, Any] = option({}, description="Keys of [train] that differ for this model.")
    balance: dict[str, Any] = option({}, description="Keys of [balance] that differ for this model.")

    @field_validator("head")
    @classmethod
    def _known_head(cls, name: str) -> str:
        with faults_as_value_error():
            HEADS.get(name)
        return name

    @field_validator("head_options")
    @classmethod
    def _known_options(cls, options: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        if "head" in info.data:  # it is missing where it was wrong itself
            with faults_as_value_error():
                check(HEADS.get(info.data["head"]), options, f"head_options of {info.data['head']}")
        return options

    @model_validator(mode="after")
    def _solved(self) -> ModelConfig:
        if self.is_solved and self.blocks == "softmax":
            allowed = f'blocks = "softmax" is trained, and head = "{self.head}" is solved: set "sigmoid"'
            raise KeyFaults(("blocks", allowed))
        if self.is_solved and (self.tune != "head" or len(self.seeds) > 1):
            allowed = (
                f'head = "{self.head}" is solved on frozen features, the same for every seed; it needs '
                'tune = "head" and one seed'
            )
            raise KeyFaults(("head", allowed))
        return self

    @property
    def is_solved(self) -> bool:
        """Whether the head is fitted in one step, instead of in epochs."""
        return HEADS.get(self.head).solved


class SizedModel(ModelConfig):
    """A model with the shapes of the rows that it is for; a run fills them in, nobody writes them in a file.

    Kinds of data whose rows are not pictures build their encoders by these shapes and by their own section. Both
    are kept with the weights, so that a network can be built again without its rows.
    """

    row: dict[str, list[int]] = option(
        {}, description="Name of an encoded array -> the shape of one row of it, -1 where rows differ."
    )
    kind_config: dict[str, Any] = option({}, description="The section of the kind of data, as plain values.")
    parts: dict[str, int] = option(
        {}, description="Name -> width of the parts of the features, in order; empty where they are one."
    )
    exclusive: list[list[int]] = option(
        [], description="Outputs that share a softmax, as positions of classes; empty where none do."
    )
    about: dict[str, Any] = option(
        {}, description="What the encoder said about itself, where it is built again without its source."
    )
    held_rows: int = option(0, ge=0, unit="rows", description="Training rows that a solved head holds (knn).")
