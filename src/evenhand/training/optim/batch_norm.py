"""Batch normalisation: which layers learn statistics, and how those of an averaged model are found."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


def norms(module: nn.Module) -> list[_BatchNorm]:
    """Return the batch normalisations of a module that keep running statistics."""
    return [part for part in module.modules() if isinstance(part, _BatchNorm) and part.track_running_stats]


def training_mode(module: nn.Module, *, fixed: nn.Module | None = None) -> None:
    """Set a module to training, but for frozen batch normalisations and those of the part `fixed`.

    A layer whose own weights are frozen keeps the statistics that those weights were learned with.
    """
    module.train()
    held = {id(part) for part in norms(fixed)} if fixed is not None else set()
    for part in norms(module):
        frozen = part.affine and not any(parameter.requires_grad for parameter in part.parameters())
        if frozen or id(part) in held:
            part.eval()


@contextlib.contextmanager
def at_rest(module: nn.Module) -> Iterator[None]:
    """Keep running statistics as they are for the length of a block; batches are normalised as in training."""
    layers = [(part, part.momentum) for part in norms(module) if part.training]
    for part, _ in layers:
        part.momentum = 0.0
    try:
        yield
    finally:
        for part, momentum in layers:
            part.momentum = momentum


@contextlib.contextmanager
def single_row(module: nn.Module) -> Iterator[None]:
    """Let a batch of one row pass: where it has one value a channel, running statistics normalise it.

    One value has no variance, and torch refuses it. Maps of more than one place are normalised as always.
    """
    hooks = []
    for part in norms(module):
        hooks.append(part.register_forward_pre_hook(_rest_if_single))
        hooks.append(part.register_forward_hook(_learn_again))
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _rest_if_single(part: nn.Module, inputs: tuple[Tensor, ...]) -> None:
    x = inputs[0]
    part._rests = part.training and x.numel() == x.shape[1]  # type: ignore[assignment]
    if part._rests:
        part.training = False


def _learn_again(part: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
    part.training = part.training or bool(part._rests)


def refresh(module: nn.Module, batches: Iterable[Any], run: Callable[[Any], Any]) -> None:
    """Find running statistics anew as even averages over batches (Izmailov et al. 2018, section 3.2).

    An averaged network has never seen its own activations, so the averaged statistics are not theirs.
    `run` passes one batch through the module, which is in training mode.
    """
    layers = [(part, part.momentum) for part in norms(module) if part.training]
    if not layers:
        return
    for part, _ in layers:
        part.reset_running_stats()
        part.momentum = None  # torch's word for an even average
    with torch.no_grad():
        for batch in batches:
            run(batch)
    for part, momentum in layers:
        part.momentum = momentum
