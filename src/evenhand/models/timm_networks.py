"""timm networks as encoders: built by architecture, weights put in tensor by tensor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import timm
import torch
from torch import Tensor, nn

from evenhand.base.errors import ModelError, unknown
from evenhand.models.config import ModelConfig
from evenhand.models.encoders import Encoder
from evenhand.models.pooling import OwnPool
from evenhand.models.stages import stages_of

Arrays = Mapping[str, Tensor]


def build_timm(architecture: str, model: ModelConfig, arrays: Arrays | None, *, by_order: bool = False) -> Encoder:
    """Return a timm network as an encoder, with `arrays` for its weights (None: random ones).

    Parameters
    ----------
    by_order
        The arrays have other names but come in the order of the network's own, classifier included.

    Raises
    ------
    ModelError
        If timm has no such network, or the arrays do not fit it.
    """
    backbone = create(architecture, model)
    if arrays is not None:
        fit(backbone, arrays_in_order(backbone, arrays) if by_order else arrays)
    backbone.reset_classifier(0)
    backbone.eval()
    settings = backbone.pretrained_cfg
    example = torch.zeros(1, *_example_shape(backbone, model))
    stages = stages_of(backbone, example.normal_())
    pool = OwnPool(backbone, [stage.module for stage in stages])
    with torch.inference_mode():
        d = pool(backbone.forward_features(example)).shape[1]
    return Encoder(
        backbone, stages, pool, d, mean=tuple(settings["mean"]), std=tuple(settings["std"]),
        about={"architecture": architecture},
    )  # fmt: skip


def create(architecture: str, model: ModelConfig) -> Any:
    """Return a timm network with random weights and the classifier it was published with."""
    name = architecture.partition(".")[0]
    if not timm.is_model(name):
        raise ModelError(unknown("timm network", name, timm.list_models()))
    return timm.create_model(architecture, pretrained=False, drop_path_rate=model.drop_path)


def _example_shape(backbone: Any, model: ModelConfig) -> tuple[int, int, int]:
    c, h, w = backbone.pretrained_cfg["input_size"]
    return (c, h, w)


def arrays_in_order(backbone: nn.Module, arrays: Arrays) -> dict[str, Tensor]:
    """Return arrays of other names under the network's own, matched by position; shapes must agree.

    Raises
    ------
    ModelError
        If the number of arrays or a shape differs.
    """
    own = backbone.state_dict()
    if len(own) != len(arrays):
        raise ModelError(f"The weights hold {len(arrays)} tensors where the network has {len(own)}.")
    return dict(zip(own, arrays.values(), strict=True))


def fit(backbone: nn.Module, arrays: Arrays) -> None:
    """Put the arrays into the network; every tensor must be there and have the right shape.

    Raises
    ------
    ModelError
        Naming what is missing, what is too much, and the first shape that differs.
    """
    own = backbone.state_dict()
    missing = [name for name in own if name not in arrays]
    extra = [name for name in arrays if name not in own]
    shapes = [name for name in own if name in arrays and own[name].shape != arrays[name].shape]
    if missing or extra or shapes:
        raise ModelError(_misfit(own, arrays, missing, extra, shapes))
    backbone.load_state_dict(arrays)


def _misfit(own: Arrays, arrays: Arrays, missing: list[str], extra: list[str], shapes: list[str]) -> str:
    said = []
    if missing:
        said.append(f"{len(missing)} of {len(own)} tensors are missing (first: {missing[0]})")
    if extra:
        said.append(f"{len(extra)} do not belong to it (first: {extra[0]})")
    if shapes:
        name = shapes[0]
        said.append(
            f"{len(shapes)} have another shape (first: {name}, {tuple(arrays[name].shape)} "
            f"for {tuple(own[name].shape)})"
        )
    return f"The weights do not fit the network: {'; '.join(said)}. Check the architecture."
