"""A convolution and the clamp after it as one operation, with a gradient that needs little memory and time."""

from __future__ import annotations

from math import inf
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from evenhand.models.acceleration.memory_format import contiguous_where_needed, laid_out

Clamp = tuple[float, float]
"""Bounds of an activation."""


def clamp_of(part: nn.Module) -> Clamp | None:
    """Return what an activation clamps to, or None if it does something else."""
    if isinstance(part, nn.ReLU):
        return 0.0, inf
    if isinstance(part, nn.Hardtanh):  # ReLU6 is one
        return float(part.min_val), float(part.max_val)
    return None


def convolve(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
    clamp: Any,
) -> Tensor:
    """Return the convolution of (b, c, h, w), clamped; on a CPU in one call of oneDNN where torch offers it."""
    if joins(x.device.type):
        word, numbers = ("none", []) if clamp is None else ("hardtanh", list(clamp))
        if clamp == (0.0, inf):
            word, numbers = "relu", []
        return joined(x, weight, bias, stride, padding, dilation, groups, word, numbers)
    with torch.autocast(x.device.type, enabled=False):
        out = functional.conv2d(contiguous_where_needed(x), weight, bias, stride, padding, dilation, groups)
    return out if clamp is None else out.clamp_(*clamp)


def joins(device: str) -> bool:
    """Whether convolutions on a device can be joined with what comes after them."""
    there = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return device == "cpu" and there and hasattr(torch.ops.mkldnn, "_convolution_pointwise")


def joined(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
    word: str,
    numbers: list[float],
) -> Tensor:
    """Return the convolution followed by the activation that oneDNN calls `word`, in one call."""
    call = torch.ops.mkldnn._convolution_pointwise
    return call(x, weight, bias, list(padding), list(stride), list(dilation), groups, word, numbers, "")  # type: ignore[no-any-return]


class Convolve(torch.autograd.Function):
    """`convolve` with its gradient; that of the clamp is read off the result, so nothing else is kept.

    The gradient through a depthwise convolution whose weights are fixed is one with the kernel turned around;
    with a stride it is first spread out, zeros between neighbours (Dumoulin & Visin 2016, section 4.5).
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, *form: Any) -> Tensor:
        out = convolve(x, weight, bias, *form)
        ctx.form = form
        # The input is needed for the gradient of the weights alone: fixed ones save keeping it.
        ctx.save_for_backward(x if weight.requires_grad else None, weight, out if form[-1] else None)
        ctx.size = x.shape
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, out = ctx.saved_tensors
        stride, padding, dilation, groups, clamp = ctx.form
        gradient = contiguous_where_needed(gradients[0])
        if clamp is not None:
            # read off the output: it equals a bound exactly where the clamp acted
            gradient = torch.ops.aten.hardtanh_backward(gradient, out, *clamp)
        needs = ctx.needs_input_grad[:3]
        if not needs[1] and tuple(dilation) == (1, 1) and groups == weight.shape[0] == ctx.size[1]:
            back = _turned(gradient, weight, ctx.size, stride, padding) if needs[0] else None
            return back, None, gradient.sum((0, 2, 3)) if needs[2] else None, *[None] * 5
        if x is None:
            x = gradient.new_empty(1).expand(ctx.size)  # only its shape is used
        parts = torch.ops.aten.convolution_backward(
            gradient, x, weight, [weight.shape[0]], stride, padding, dilation, False, [0, 0], groups, needs
        )
        return *parts, *[None] * 5


def _turned(gradient: Tensor, weight: Tensor, size: torch.Size, stride: Any, padding: Any) -> Tensor:
    """Return the gradient at the input of a depthwise convolution, as such a convolution itself."""
    kernel = weight.shape[2:]
    if tuple(stride) != (1, 1):
        # as long as the output would be with a stride of 1
        sides = [n + 2 * p - k + 1 for n, p, k in zip(size[2:], padding, kernel, strict=True)]
        spread = laid_out(gradient.new_zeros((*gradient.shape[:2], *sides)))
        spread[:, :, :: stride[0], :: stride[1]] = gradient
        gradient = spread
    # what a transposed convolution pads: every place of the input has met every weight
    back = [k - 1 - p for k, p in zip(kernel, padding, strict=True)]
    return convolve(gradient, weight.flip(2, 3), None, (1, 1), back, (1, 1), weight.shape[0], None)
