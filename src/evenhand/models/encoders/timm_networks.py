"""timm networks as encoders: built by architecture, weights loaded tensor by tensor.

timm is imported by what builds a network: with torchvision, which imports torch's compiler, it takes as long as
torch itself, and most tasks find these modules without building one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from evenhand.base.errors import ModelError, unknown
from evenhand.models.config import ModelConfig
from evenhand.models.encoders.blocks import stages_of
from evenhand.models.encoders.encoder import Encoder
from evenhand.models.pooling import OwnPool

Arrays = Mapping[str, Tensor]


def create(architecture: str, model: ModelConfig) -> Any:
    """Return a timm network with random weights and the classifier it was published with.

    Raises
    ------
    ModelError
        If timm has no network of that name, or not of that size.
    """
    import timm

    name = architecture.partition(".")[0]
    if not timm.is_model(name):
        raise ModelError(unknown("network in timm", name, _neighbours(name)))
    try:
        return timm.create_model(name, pretrained=False, **arguments(name, model))
    except (AssertionError, TypeError, ValueError) as error:
        raise ModelError(f"timm cannot build {name} for {_asked(model)} ({error}).") from None


def arguments(name: str, model: ModelConfig) -> dict[str, Any]:
    """Return arguments of `timm.create_model`: stochastic depth, and the size where the architecture fixes it."""
    import timm

    settings = timm.get_pretrained_cfg(name)
    # Transformers with position embeddings are built for one size; convolutions take any.
    sized = model.size is not None and settings is not None and settings.fixed_input_size
    return {"drop_path_rate": model.drop_path} | ({"img_size": model.size} if sized else {})


def _asked(model: ModelConfig) -> str:
    return f"size = {model.size}, drop_path = {model.drop_path}"


def _neighbours(name: str, *, most: int = 12) -> list[str]:
    """Return names of timm with the longest common beginning; all of them would be a thousand."""
    import timm

    names: list[str] = timm.list_models()
    for length in range(len(name), 2, -1):
        alike = [known for known in names if known.startswith(name[:length])]
        if alike:
            return alike[:most]
    return ["resnet18", "tf_efficientnet_lite0", "convnext_atto", "vit_tiny_patch16_224"]


def encoder_from(backbone: Any, architecture: str, *, about: Mapping[str, Any] | None = None) -> Encoder:
    """Return a timm network as an encoder without its classifier, cut into blocks.

    Parameters
    ----------
    about
        Mean and std where they differ from those of the architecture.
    """
    backbone.reset_classifier(0)
    backbone.eval()
    settings = {**backbone.pretrained_cfg, **(about or {})}
    example = torch.randn(1, *_small_input(settings))
    stages = stages_of(backbone, example)
    mean, std = (tuple(float(x) for x in settings[name]) for name in ("mean", "std"))
    return Encoder(
        backbone,
        stages,
        OwnPool(backbone, [stage.module for stage in stages]),
        example,
        mean=mean,
        std=std,
        about={"architecture": architecture, "mean": list(mean), "std": list(std)},
    )


def _small_input(settings: Mapping[str, Any], *, side: int = 64) -> tuple[int, int, int]:
    """Return (c, h, w) of an input that is quick to compute, where the network takes more than one size."""
    c, h, w = settings["input_size"]
    return (c, h, w) if settings.get("fixed_input_size") else (c, min(side, h), min(side, w))


def put_in(backbone: nn.Module, arrays: Arrays) -> None:
    """Load arrays into a network by name; a classifier for other classes is skipped.

    Raises
    ------
    ModelError
        Naming missing and unexpected tensors, and the first shape that differs.
    """
    # That of the weights was trained for other classes; ours is the head.
    own = _without_classifier(backbone, backbone.state_dict())
    given = _without_classifier(backbone, arrays)
    said = []
    if missing := [name for name in own if name not in given]:
        said.append(f"{len(missing)} of {len(own)} tensors are missing (first: {missing[0]})")
    if extra := [name for name in given if name not in own]:
        said.append(f"{len(extra)} do not belong to it (first: {extra[0]})")
    if shapes := [name for name in own if name in given and own[name].shape != given[name].shape]:
        found, needed = (tuple(some[shapes[0]].shape) for some in (given, own))
        said.append(f"{len(shapes)} have another shape (first: {shapes[0]}, {found} for {needed})")
    if said:
        raise ModelError(f"The weights do not fit the network: {'; '.join(said)}. Check the architecture.")
    # not strictly, as the classifier is missing; everything else was compared above
    backbone.load_state_dict(dict(given), strict=False)


def in_order(backbone: nn.Module, arrays: Arrays) -> dict[str, Tensor]:
    """Return arrays of other names under the network's own, matched by position, classifier included.

    Raises
    ------
    ModelError
        If there are not as many, or a shape differs.
    """
    # Weights saved by other code have other names, but the same layers in the same order.
    own = backbone.state_dict()
    if len(own) != len(arrays):
        raise ModelError(f"The weights hold {len(arrays)} tensors where the network has {len(own)}.")
    named = dict(zip(own, arrays.values(), strict=True))
    for (name, mine), theirs in zip(own.items(), arrays, strict=True):
        if mine.shape != arrays[theirs].shape:
            raise ModelError(
                f"Tensor {theirs} of the weights is {tuple(arrays[theirs].shape)}, but in its place the network "
                f"has {name} of {tuple(mine.shape)}."
            )
    return named


def _without_classifier(backbone: Any, arrays: Arrays) -> dict[str, Tensor]:
    words = backbone.pretrained_cfg.get("classifier") or ()
    words = (words,) if isinstance(words, str) else tuple(words)
    return {name: array for name, array in arrays.items() if not name.startswith(tuple(f"{w}." for w in words))}
