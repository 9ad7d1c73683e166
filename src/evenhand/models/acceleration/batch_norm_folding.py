"""Batch normalisation folded into convolutions, for frozen parts.

In evaluation mode a batch normalisation multiplies and shifts each channel by fixed numbers; a convolution right
before it can do so with its own weights (Jacob et al. 2018, section 3.2). Which layer follows which
is observed in one forward pass, not guessed from names.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


def fold_norms(module: nn.Module, run: Callable[[], Any]) -> None:
    """Fold every normalisation that comes right after a convolution into it, in place.

    Parameters
    ----------
    module
        In evaluation mode.
    run
        Passes something through it.
    """
    for convolution, norm in followers(module, run, plain_convolution, has_statistics):
        _fold(convolution, norm)
        replace(module, norm, remains(norm))


def plain_convolution(part: nn.Module) -> bool:
    """Whether a part convolves with its weights as they are, padding with zeros."""
    if not isinstance(part, nn.Conv2d) or type(part) not in (nn.Conv2d, *_same_padded()):
        return False
    return part.padding_mode == "zeros" and not isinstance(part.padding, str)


def _same_padded() -> tuple[type, ...]:
    """Return timm's convolution with TensorFlow's padding; without timm there can be none in a network."""
    module = sys.modules.get("timm.layers.conv2d_same")
    return () if module is None else (module.Conv2dSame,)


def has_statistics(part: nn.Module) -> bool:
    """Whether a part is a batch normalisation that keeps statistics."""
    return isinstance(part, _BatchNorm) and part.running_mean is not None


def followers(
    module: nn.Module,
    run: Callable[[], Any],
    first: Callable[[nn.Module], bool],
    second: Callable[[nn.Module], bool],
) -> list[tuple[Any, Any]]:
    """Return pairs of parts, each called once in a run, where the second was given what the first returned."""
    made: dict[int, nn.Module] = {}
    calls: dict[nn.Module, int] = {}
    pairs: list[tuple[Any, Any]] = []
    alive: list[Any] = []  # keep results alive: Python would reuse the id of a freed one

    def watch(part: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        calls[part] = calls.get(part, 0) + 1
        if second(part) and id(inputs[0]) in made:
            pairs.append((made.pop(id(inputs[0])), part))
        if first(part):
            made[id(output)] = part
            alive.append(output)

    hooks = [part.register_forward_hook(watch) for part in module.modules() if first(part) or second(part)]
    try:
        run()
    finally:
        for hook in hooks:
            hook.remove()
    # A part that is called twice may be followed by different parts; folding would change both calls.
    return [(a, b) for a, b in pairs if calls[a] == calls[b] == 1]


def _fold(convolution: nn.Conv2d, norm: _BatchNorm) -> None:
    """Put the normalisation's factor and shift into the convolution."""
    scale, shift = scale_and_shift(convolution, norm)
    weight = convolution.weight.double() * scale.double().view(-1, 1, 1, 1)
    convolution.weight = _fixed(weight.to(convolution.weight))
    convolution.bias = _fixed(shift)


def scale_and_shift(convolution: nn.Conv2d, norm: _BatchNorm) -> tuple[Tensor, Tensor]:
    """Return (c,) factors of the convolution's weights, and its (c,) bias, that do what the normalisation does."""
    mean, variance = norm.running_mean, norm.running_var
    assert mean is not None
    assert variance is not None
    # In float64 and rounded once: channels whose variance is near 0 have factors that magnify rounding errors.
    scale = torch.rsqrt(variance.detach().double() + norm.eps)
    shift = -mean.detach().double() * scale
    if norm.affine:
        scale = scale * norm.weight.detach().double()
        shift = shift * norm.weight.detach().double() + norm.bias.detach().double()
    if convolution.bias is not None:
        shift = shift + convolution.bias.detach().double() * scale
    return scale.to(convolution.weight), shift.to(convolution.weight)


def _fixed(values: Tensor) -> nn.Parameter:
    return nn.Parameter(values.detach(), requires_grad=False)


def remains(norm: nn.Module) -> nn.Module:
    """Return the rest of a normalisation layer: those of timm hold an activation."""
    parts = [part for name in ("drop", "act") if isinstance(part := getattr(norm, name, None), nn.Module)]
    parts = [part for part in parts if not isinstance(part, nn.Identity)]
    return parts[0] if len(parts) == 1 else nn.Sequential(*parts) if parts else nn.Identity()


def replace(module: nn.Module, old: nn.Module, new: nn.Module) -> None:
    """Put a part in the place of another, wherever that stands in a module."""
    for parent in list(module.modules()):
        for name, child in list(parent.named_children()):
            if child is old:
                setattr(parent, name, new)
