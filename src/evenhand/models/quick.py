"""The same network, faster: for parts that only ever look and never learn.

Normalisations are folded into convolutions; on a CPU, each convolution and the activation after it become one
call of oneDNN, which is what a compiler would make of them, without needing one. Every step is compared with
what it replaces, on a real input, and is left out where it differs or is not to be had.
"""

from __future__ import annotations

import copy
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from evenhand.models.features import Features
from evenhand.models.folding import fold_norms, followers, plain_convolution, replace

Attributes = tuple[str, list[float]]

ACTIVATIONS: dict[type[nn.Module], str] = {
    nn.ReLU: "relu",
    nn.SiLU: "swish",
    nn.Hardswish: "hardswish",
    nn.Sigmoid: "sigmoid",
    nn.Tanh: "tanh",
}
"""What oneDNN can do right after a convolution, by its word for it; ReLU6 and its kin are "hardtanh"."""


def quickened(part: Features, example: Tensor, dtype: torch.dtype) -> Features:
    """Return a copy of a part that gives the same and is faster; the part itself where nothing helps.

    Parameters
    ----------
    part
        In evaluation mode; is left as it is.
    example
        (1, ...) an input to compare on.
    dtype
        What the stages compute in; pooling stays float32.
    """
    truth = part(example)
    best = part
    for improve in (fold_norms, join_activations):
        better = copy.deepcopy(best)
        try:
            improve(better.stages, partial(better, example))
            if distance(better(example), truth) < 1e-3:
                best = better
        except (RuntimeError, AttributeError, TypeError):  # not to be had on this machine, or in this torch
            continue
    return best if dtype == torch.float32 else _shortened(best, example, truth, dtype)


def _shortened(part: Features, example: Tensor, truth: Tensor, dtype: torch.dtype) -> Features:
    """Return a copy whose stages compute in a shorter format, where that is nearly the same."""
    short = copy.deepcopy(part)
    short.stages.to(dtype)
    short.dtype = dtype
    try:
        return short if distance(short(example), truth) < 0.2 else part
    except RuntimeError:
        return part


def distance(found: Tensor, truth: Tensor) -> float:
    """Return the length of the difference as a share of the length of `truth`; infinite if not a number."""
    share = (found.float() - truth.float()).norm() / truth.float().norm().clamp_min(1e-12)
    return float(share.nan_to_num(nan=float("inf")))


def join_activations(stages: nn.Module, run: Any) -> None:
    """Replace convolutions on a CPU, and the activation right after each, by single calls of oneDNN."""
    if any(p.device.type != "cpu" for p in stages.parameters()) or not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]
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
        self.register_buffer("weight", weight.contiguous(memory_format=torch.channels_last))
        self.register_buffer("bias", None if convolution.bias is None else convolution.bias.detach())
        self.word, self.numbers = attributes
        self.stride: list[int] = list(convolution.stride)
        self.dilation: list[int] = list(convolution.dilation)
        self.groups = convolution.groups
        # timm's "same" convolution pads by as much as the size of its input asks for
        same = type(convolution) is not nn.Conv2d
        self.padding = None if same else list(convolution.padding)
        self.register_buffer("wider", functional.pad(self.weight, (1, 0, 1, 0)) if same else None)

    def forward(self, x: Tensor) -> Tensor:
        if self.padding is not None:
            return self._call(x, self.weight, self.padding)
        down, across = (self._spare(x.shape[dim + 2], dim) for dim in (0, 1))
        if down % 2 == across % 2 == 0:
            return self._call(x, self.weight, [down // 2, across // 2])
        if down % 2 == across % 2 == 1:  # a row and a column of zeros in the weights save a copy of the input
            return self._call(x, self.wider, [down // 2 + 1, across // 2 + 1])
        left, top = across // 2, down // 2
        return self._call(functional.pad(x, (left, across - left, top, down - top)), self.weight, [0, 0])

    def _call(self, x: Tensor, weight: Any, padding: list[int]) -> Tensor:
        return torch.ops.mkldnn._convolution_pointwise(  # type: ignore[no-any-return]
            x, weight, self.bias, padding, self.stride, self.dilation, self.groups, self.word, self.numbers, ""
        )

    def _spare(self, length: int, dim: int) -> int:
        """Return how many pixels must be added to a side so that the output has length / stride, rounded up."""
        stride, reach = self.stride[dim], (self.weight.shape[dim + 2] - 1) * self.dilation[dim] + 1
        return max((-(-length // stride) - 1) * stride + reach - length, 0)
