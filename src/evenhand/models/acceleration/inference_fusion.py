"""Inference fusion: a faster copy of a network that is not trained.

Normalisations are folded into convolutions; on a CPU, each convolution and the activation after it become one call
of oneDNN, as a compiler would do it, without needing one. Every step is compared with what it replaces, on a real
input, and is left out where it differs or is not available.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from evenhand.models.acceleration.batch_norm_folding import fold_norms, followers, plain_convolution, replace
from evenhand.models.acceleration.conv_geometry import Window
from evenhand.models.acceleration.frozen_norm_form import Light
from evenhand.models.acceleration.fused_conv import joined, joins
from evenhand.models.feature_extractor import FeatureExtractor

Attributes = tuple[str, list[float]]

ACTIVATIONS: dict[type[nn.Module], str] = {
    nn.ReLU: "relu",
    nn.SiLU: "swish",
    nn.Hardswish: "hardswish",
    nn.Sigmoid: "sigmoid",
    nn.Tanh: "tanh",
}
"""Activations that oneDNN fuses with a convolution, by its names; ReLU6 and the like are "hardtanh"."""


def quickened(part: FeatureExtractor, example: Any, dtype: torch.dtype) -> FeatureExtractor:
    """Return a faster copy of a part with the same results; the part itself where nothing helps.

    Parameters
    ----------
    part
        In evaluation mode; is left as it is.
    example
        An input to compare on: a tensor, or a dict of them.
    dtype
        What the stages compute in; pooling stays float32.
    """
    truth = part(example)
    if not isinstance(truth, Tensor):
        return part  # there is nothing to compare with
    versions = [part]
    for improve in (make_plain, fold_norms, join_activations):
        # Steps work in place and may fail half way.
        better = copy.deepcopy(versions[-1])
        try:
            improve(better.stages, partial(better, example))
            # well above what another order of sums changes, well below what a wrong layer would
            if distance(better(example), truth) < 1e-3:
                versions.append(better)
        except (RuntimeError, AttributeError, TypeError):  # not available here, or in this torch
            continue
    return versions[-1] if dtype == torch.float32 else _shortened(versions, example, truth, dtype)


def _shortened(
    versions: Sequence[FeatureExtractor], example: Any, truth: Tensor, dtype: torch.dtype
) -> FeatureExtractor:
    """Return a copy of the fastest version whose stages compute in a shorter format, where that is nearly the same.

    oneDNN's calls refuse bf16 on processors without instructions for it, where torch's own layers emulate it: an
    earlier version is slow there, but right.
    """
    for version in reversed(versions):
        short = copy.deepcopy(version)
        short.stages.to(dtype)
        short.dtype = dtype
        with contextlib.suppress(RuntimeError):
            # bf16 changes features by a few per cent of their length (docs/decisions/0007); more is a fault
            return short if distance(short(example), truth) < 0.2 else versions[-1]
    return versions[-1]


def distance(found: Tensor, truth: Tensor) -> float:
    """Return the length of the difference as a share of the length of `truth`; infinite if not a number."""
    share = (found.float() - truth.float()).norm() / truth.float().norm().clamp_min(1e-12)
    return float(share.nan_to_num(nan=float("inf")))


def make_plain(stages: nn.Module, run: Any) -> None:
    """Replace convolutions in light form by plain ones."""
    for light in [part for part in stages.modules() if isinstance(part, Light)]:
        replace(stages, light, light.plain())


def join_activations(stages: nn.Module, run: Any) -> None:
    """Replace convolutions on a CPU, and the activation right after each, by single calls of oneDNN."""
    if not all(joins(part.device.type) for part in stages.parameters()):
        return
    pairs = dict(followers(stages, run, plain_convolution, lambda part: _attributes(part) is not None))
    for convolution in [part for part in stages.modules() if plain_convolution(part)]:
        activation = pairs.get(convolution)
        joined = Joined(
            convolution, ("none", []) if activation is None else _attributes(activation) or ("none", [])
        )
        replace(stages, convolution, joined)
        if activation is not None:
            replace(stages, activation, nn.Identity())


def _attributes(part: nn.Module) -> Attributes | None:
    """Return oneDNN's word for an activation with its numbers, or None."""
    if isinstance(part, nn.Hardtanh):  # ReLU6 is one
        return "hardtanh", [float(part.min_val), float(part.max_val)]
    word = ACTIVATIONS.get(type(part))
    return None if word is None else (word, [])


class Joined(nn.Module):
    """A convolution and its activation in one call of oneDNN, weights fixed: (b, c, h, w) -> (b, c', h', w')."""

    def __init__(self, convolution: Any, attributes: Attributes) -> None:
        super().__init__()
        weight = convolution.weight.detach()
        self.weight: Tensor
        self.bias: Tensor | None
        self.register_buffer("weight", weight.contiguous(memory_format=torch.channels_last))
        self.register_buffer("bias", None if convolution.bias is None else convolution.bias.detach())
        self.word, self.numbers = attributes
        self.window = Window.of(convolution)
        self.groups: int = convolution.groups

    def forward(self, x: Tensor) -> Tensor:
        return self.window.lay(x, self.weight, self._call)

    def _call(self, x: Tensor, weight: Tensor, padding: list[int]) -> Tensor:
        return joined(
            x,
            weight,
            self.bias,
            self.window.stride,
            padding,
            self.window.dilation,
            self.groups,
            self.word,
            self.numbers,
        )
