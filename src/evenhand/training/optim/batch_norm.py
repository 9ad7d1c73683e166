"""Batch normalisation: which layers update statistics, and the statistics of averaged weights."""

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
    """Set a module to training mode, except frozen batch normalisations and those of the part `fixed`.

    A layer with frozen weights keeps the statistics that these weights were trained with.
    """
    module.train()
    held = {id(part) for part in norms(fixed)} if fixed is not None else set()
    for part in norms(module):
        # `affine`, because a layer without parameters has none that could require a gradient: it is not frozen.
        frozen = part.affine and not any(parameter.requires_grad for parameter in part.parameters())
        if frozen or id(part) in held:
            part.eval()


@contextlib.contextmanager
def frozen_statistics(module: nn.Module) -> Iterator[None]:
    """Freeze running statistics within a block; batches are still normalised by their own statistics."""
    layers = [(part, part.momentum) for part in norms(module) if part.training]
    for part, _ in layers:
        # running <- (1 - 0) running + 0 batch; `eval` would stop the updates too, but also normalise by other
        # numbers
        part.momentum = 0.0
    try:
        yield
    finally:
        for part, momentum in layers:
            part.momentum = momentum


@contextlib.contextmanager
def single_row(module: nn.Module) -> Iterator[None]:
    """Accept a batch of one row: where it has one value per channel, running statistics normalise it.

    One value has no variance, and torch refuses it. Maps of more than one pixel are normalised as usual.
    """
    hooks = []
    for part in norms(module):
        hooks.append(part.register_forward_pre_hook(_evaluate_if_single))
        hooks.append(part.register_forward_hook(_train_again))
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _evaluate_if_single(part: nn.Module, inputs: tuple[Tensor, ...]) -> None:
    x = inputs[0]
    part._was_set_to_evaluation = part.training and x.numel() == x.shape[1]  # type: ignore[assignment]
    if part._was_set_to_evaluation:
        part.training = False


def _train_again(part: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
    part.training = part.training or bool(part._was_set_to_evaluation)


def refresh(module: nn.Module, batches: Iterable[Any], forward: Callable[[Any], Any]) -> None:
    """Estimate running statistics anew as means over batches (Izmailov et al. 2018, section 3.2).

    Averaged weights have activations of their own, which the averaged statistics do not describe.

    Parameters
    ----------
    batches
        Batches, in any form that `forward` takes.
    forward
        Runs one batch through the module, which is in training mode.
    """
    layers = [(part, part.momentum) for part in norms(module) if part.training]
    if not layers:
        return
    for part, _ in layers:
        part.reset_running_stats()
        part.momentum = None  # a cumulative mean in torch
    with torch.no_grad():
        for batch in batches:
            forward(batch)
    for part, momentum in layers:
        part.momentum = momentum
