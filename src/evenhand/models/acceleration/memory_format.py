"""How maps (b, c, h, w) lie in memory: channels last where a device computes with them rightly.

On Apple GPUs torch's batch normalisation gives wrong gradients of inputs that are not contiguous (pytorch#175189;
or it fails, #188371), an LSTM likewise, and `grid_sample` a wrong result (#174339, #171602), without an error as a
rule. So everything is contiguous there, whatever `channels_last` says.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd

CONTIGUOUS = {"mps"}
"""Types of devices on which maps lie in the order of their dimensions."""

GUARDED = (_ConvNd, _BatchNorm, nn.RNNBase)
"""Layers whose inputs, and gradients, are made contiguous there: blocks that permute hand maps on as they come."""


def laid_out(x: Tensor, *, channels_last: bool = True) -> Tensor:
    """Return (b, c, h, w) maps with their channels last in memory, where that is wanted and a device allows it."""
    last = channels_last and x.device.type not in CONTIGUOUS
    return x.contiguous(memory_format=torch.channels_last if last else torch.contiguous_format)


def contiguous_where_needed(x: Tensor) -> Tensor:
    """Return a tensor as it is; on devices that need it contiguous."""
    if (
        x.device.type not in CONTIGUOUS or x.is_contiguous()
    ):  # asked first: `contiguous` counts as a use of a tensor
        return x
    return x.contiguous()


def guard(network: nn.Module, device: torch.device) -> None:
    """Lay out the weights of a network on a device that needs it, and guard its layers; nothing on others."""
    if device.type not in CONTIGUOUS:
        return
    network.to(memory_format=torch.contiguous_format)
    for part in network.modules():
        if isinstance(part, GUARDED) and _contiguous_inputs not in part._forward_pre_hooks.values():
            part.register_forward_pre_hook(_contiguous_inputs)
            part.register_forward_hook(_contiguous_gradients)


def _contiguous_inputs(part: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(contiguous_where_needed(x) if isinstance(x, Tensor) else x for x in inputs)


def _contiguous_gradients(part: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
    # a hook of the tensor: after one of the module (`register_full_backward_hook`) nothing may change it in place
    for one in output if isinstance(output, tuple) else (output,):
        if isinstance(one, Tensor) and one.requires_grad:
            one.register_hook(contiguous_where_needed)  # type: ignore[no-untyped-call]
