"""How a convolution is laid over its input: stride, padding, and the padding that TensorFlow calls "same"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

Call = Callable[[Tensor, Tensor, list[int]], Tensor]
"""(input, weight, padding at either end of each side) -> output."""


@dataclass(frozen=True)
class Window:
    """Where a convolution looks.

    Attributes
    ----------
    stride, dilation
        Down and across.
    padding
        Zeros at either end of each side, or None for as many as make the output length / stride, rounded up.
        These differ by one between the ends where their number is odd.
    """

    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: tuple[int, ...] | None

    @classmethod
    def of(cls, convolution: nn.Conv2d) -> Window:
        """Return the window of a convolution of torch, or of timm's "same" one."""
        # `Conv2dSame` of timm carries a padding of 0 that it does not use.
        given = None if type(convolution) is not nn.Conv2d else tuple(int(p) for p in convolution.padding)
        return cls(convolution.stride, convolution.dilation, given)

    def lay(self, x: Tensor, weight: Tensor, call: Call) -> Tensor:
        """Return what `call` gives for an input, with the padding that this window asks for."""
        if self.padding is not None:
            return call(x, weight, list(self.padding))
        down, across = (self._spare(x.shape[dim + 2], weight.shape[dim + 2], dim) for dim in (0, 1))
        if down % 2 == across % 2 == 0:
            return call(x, weight, [down // 2, across // 2])
        if down % 2 == across % 2 == 1 and self.dilation == (1, 1):
            # a row and a column of zeros in the weights save a copy of the input
            return call(x, functional.pad(weight, (1, 0, 1, 0)), [down // 2 + 1, across // 2 + 1])
        # The odd one lies at the end, as in TensorFlow.
        left, top = across // 2, down // 2
        return call(functional.pad(x, (left, across - left, top, down - top)), weight, [0, 0])

    def _spare(self, length: int, kernel: int, dim: int) -> int:
        stride, reach = self.stride[dim], (kernel - 1) * self.dilation[dim] + 1
        return max((-(-length // stride) - 1) * stride + reach - length, 0)
