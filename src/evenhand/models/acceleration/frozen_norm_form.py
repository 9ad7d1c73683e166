"""A network in a form that trains several times faster on a processor, for the price of what it holds still.

Normalisations keep the statistics and factors that they came with and become a fixed scale of the convolution
before them; depthwise kernels stay as they came. What is left to train, pointwise convolutions and biases, is
nearly all of the weights and of the multiplications. The gradient through a fixed depthwise convolution is
itself a depthwise convolution, which processors do much faster than what autograd would do.
"""

from __future__ import annotations

from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn

from evenhand.models.acceleration.batch_norm_folding import (
    followers,
    has_statistics,
    plain_convolution,
    remains,
    replace,
    scale_and_shift,
)
from evenhand.models.acceleration.conv_geometry import Window
from evenhand.models.acceleration.fused_conv import Clamp, Convolve, clamp_of, convolve
from evenhand.models.acceleration.memory_format import contiguous_where_needed
from evenhand.models.encoders.encoder import Encoder


def lighten(encoder: Encoder) -> None:
    """Put an encoder into its light form, in place: it gives the same, and trains less.

    Convolutions without a normalisation right after them, and all other layers, stay as they are.
    """
    whole = nn.ModuleList([encoder.backbone, *(stage.module for stage in encoder.stages)]).eval()
    run = partial(_through, encoder)
    with torch.no_grad():
        for convolution, norm in followers(whole, run, plain_convolution, has_statistics):
            replace(whole, convolution, Light(convolution, norm))
            replace(whole, norm, remains(norm))
        for light, activation in followers(whole, run, _is_light, lambda part: clamp_of(part) is not None):
            light.clamp = clamp_of(activation)
            replace(whole, activation, nn.Identity())


def _through(encoder: Encoder) -> Tensor:
    x = encoder.example
    for stage in encoder.stages:
        x = stage.module(x)
    return cast(Tensor, x)


def _is_light(part: nn.Module) -> bool:
    return isinstance(part, Light)


class Light(nn.Module):
    """A convolution with the normalisation after it as a fixed scale and a trained bias, and a clamp after that.

    (b, c, h, w) -> (b, c', h', w'). A depthwise one has nothing to train.
    """

    scale: Tensor
    weight: Tensor
    bias: Tensor

    def __init__(self, convolution: Any, norm: Any) -> None:
        super().__init__()
        scale, shift = scale_and_shift(convolution, norm)
        self.window = Window.of(convolution)
        self.groups: int = convolution.groups
        self.clamp: Clamp | None = None
        self.fixed = self.groups == convolution.in_channels == convolution.out_channels > 1
        self.register_buffer("scale", scale.view(-1, 1, 1, 1))
        hold = self.register_buffer if self.fixed else self._train
        hold("weight", convolution.weight.detach().clone())
        hold("bias", shift)

    def _train(self, name: str, value: Tensor) -> None:
        self.register_parameter(name, nn.Parameter(value))

    def forward(self, x: Tensor) -> Tensor:
        kind = x.device.type
        # Autocast does not know the operator of oneDNN: what it would cast is cast here.
        dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else x.dtype
        weight = (self.weight * self.scale).to(dtype)
        return self.window.lay(contiguous_where_needed(x.to(dtype)), weight, self._call)

    def _call(self, x: Tensor, weight: Tensor, padding: list[int]) -> Tensor:
        window, bias = self.window, self.bias.to(x.dtype)
        form = (window.stride, padding, window.dilation, self.groups, self.clamp)
        if not torch.is_grad_enabled():
            return convolve(x, weight, bias, *form)
        return Convolve.apply(x, weight, bias, *form)  # type: ignore[no-any-return]

    def plain(self) -> nn.Module:
        """Return the same as a convolution of torch's or timm's, weights and scale made one, and its clamp."""
        outer, inner, height, width = self.weight.shape
        like: Any = nn.Conv2d
        if self.window.padding is None:
            from timm.layers.conv2d_same import Conv2dSame

            like = Conv2dSame
        convolution = like(
            inner * self.groups,
            outer,
            (height, width),
            stride=self.window.stride,
            padding=self.window.padding or 0,
            dilation=self.window.dilation,
            groups=self.groups,
            # its own weights are replaced below, and need not be made
            device="meta",
        )
        convolution.weight = nn.Parameter((self.weight * self.scale).detach(), requires_grad=False)
        convolution.bias = nn.Parameter(self.bias.detach().clone(), requires_grad=False)
        return convolution if self.clamp is None else nn.Sequential(convolution, nn.Hardtanh(*self.clamp))
