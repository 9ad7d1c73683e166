"""Batch normalisation folded into convolutions, for frozen parts.

In evaluation mode a batch normalisation multiplies and shifts each channel by fixed numbers; a convolution right
before it can do so with its own weights (Jacob et al. 2018, section 3.2). Which layer follows which
is observed in one forward pass, not guessed from names.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.overrides import TorchFunctionMode


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
    """Return pairs of parts, each called once in a run, where the second was given what the first returned.

    Nothing else may use what the first returned, in the run or as its result: it would be given something else once
    the two are one.
    """
    uses = _Uses()
    made: dict[int, nn.Module] = {}
    calls: dict[nn.Module, int] = {}
    before: dict[nn.Module, int] = {}
    pairs: list[tuple[nn.Module, nn.Module, int]] = []
    alive: list[Any] = []  # keep results alive: Python would reuse the id of a freed one

    def enter(part: nn.Module, inputs: tuple[Any, ...]) -> None:
        before[part] = uses.counts.get(id(inputs[0]), 0)

    def watch(part: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        calls[part] = calls.get(part, 0) + 1
        key = id(inputs[0])
        if second(part) and key in made:
            pairs.append((made.pop(key), part, key))
        if second(part) and key in uses.counts:
            uses.counts[key] = before[part] + 1  # the part may read its input several times
            if output is inputs[0]:  # changed in place: from here on it is what the second returned
                uses.changed_in_place(key)
        if first(part):
            made[id(output)] = part
            uses.counts[id(output)] = 0
            alive.append(output)

    watched = [part for part in module.modules() if first(part) or second(part)]
    hooks = [part.register_forward_hook(watch) for part in watched]
    hooks += [part.register_forward_pre_hook(enter) for part in watched if second(part)]
    try:
        with uses:
            result = run()
    finally:
        for hook in hooks:
            hook.remove()
    uses.add(result)
    # A part that is called twice may be followed by different parts; folding would change both calls.
    return [(a, b) for a, b, key in pairs if calls[a] == calls[b] == 1 and uses.of(key) == 1]


class _Uses(TorchFunctionMode):
    """Counts of the calls that used each watched tensor, by its id."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: dict[int, int] = {}
        self._ended: dict[int, int] = {}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if next(_tensors(out), None) is not None:  # asking for its shape is no use
            self.add((args, kwargs))
        return out

    def add(self, value: Any) -> None:
        """Count one use of each watched tensor within a value."""
        for key in {id(tensor) for tensor in _tensors(value)} & self.counts.keys():
            self.counts[key] += 1

    def changed_in_place(self, key: int) -> None:
        """End the count of a tensor that now holds another result."""
        self._ended[key] = self.counts.pop(key)

    def of(self, key: int) -> int:
        """Return how many calls used a tensor."""
        return self._ended.get(key, 0) + self.counts.get(key, 0)


def _tensors(value: Any) -> Iterator[Tensor]:
    """Yield the tensors within nested tuples, lists and mappings."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _tensors(item)
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))


def _fold(convolution: nn.Conv2d, norm: _BatchNorm) -> None:
    """Put the normalisation's factor and shift into the convolution."""
    scale, shift = scale_and_shift(convolution, norm)
    weight = _double(convolution.weight) * _double(scale).view(-1, 1, 1, 1)
    convolution.weight = _fixed(weight.to(convolution.weight))
    convolution.bias = _fixed(shift)


def scale_and_shift(convolution: nn.Conv2d, norm: _BatchNorm) -> tuple[Tensor, Tensor]:
    """Return (c,) factors of the convolution's weights, and its (c,) bias, that do what the normalisation does."""
    mean, variance = norm.running_mean, norm.running_var
    assert mean is not None
    assert variance is not None
    # In float64 and rounded once: channels whose variance is near 0 have factors that magnify rounding errors.
    scale = torch.rsqrt(_double(variance) + norm.eps)
    shift = -_double(mean) * scale
    if norm.affine:
        scale = scale * _double(norm.weight)
        shift = shift * _double(norm.weight) + _double(norm.bias)
    if convolution.bias is not None:
        shift = shift + _double(convolution.bias) * scale
    return scale.to(convolution.weight), shift.to(convolution.weight)


def _double(values: Tensor) -> Tensor:
    """Return values in float64 on the CPU: Apple GPUs do not have it."""
    return values.detach().cpu().double()


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
