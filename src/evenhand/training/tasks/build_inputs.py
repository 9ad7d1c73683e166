"""Inputs of a network from the store: activations at the boundary of a frozen part, else the rows themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from evenhand.base.errors import TaskError
from evenhand.data.store.entry import StoreEntry
from evenhand.modalities.torch_half import torch_half
from evenhand.models.io.activations import ActivationPass, FrozenRows, boundary_activations
from evenhand.models.io.picture_rows import PictureRows
from evenhand.models.network import Network
from evenhand.training.device import device_of
from evenhand.training.inputs.frozen_inputs import FrozenInputs
from evenhand.training.inputs.inputs import Inputs, SampleInputs, ViewInputs
from evenhand.training.tasks.context import TaskContext

Progress = Callable[[int, int], None]


def sample_inputs(
    context: TaskContext,
    network: Network,
    entry: StoreEntry,
    device: torch.device,
    progress: Progress | None = None,
) -> Inputs:
    """Return the inputs of the tuned part of a network by the position of a sample.

    This is the only place of the tasks where rows of the store appear: rows that could not be decoded have no
    sample, so the two ways of counting differ.

    Raises
    ------
    TaskError
        If the settings do not fit the rows.
    """
    inputs, rows = build_inputs(context, network, entry, device, progress), context.rows
    return inputs if np.array_equal(rows, np.arange(len(entry))) else SampleInputs(inputs, rows)


def build_inputs(
    context: TaskContext,
    network: Network,
    entry: StoreEntry,
    device: torch.device,
    progress: Progress | None = None,
) -> Inputs:
    """Return the inputs of the tuned part of a network, at its present boundary, by the row of the entry.

    Activations of a frozen part are computed now if they are not in the store, on the device of the context; the
    torch half of a kind makes batches of the rows themselves. Inputs lie on `device`.

    Raises
    ------
    TaskError
        If the settings do not fit the rows.
    """
    if network.frozen is None:
        decoded = _decoded_inputs(context, network, entry, device)
        if context.train.cutmix and not decoded.pictures:
            raise TaskError(_cutmix_error(network, "these rows are not pictures"))
        return decoded
    if context.train.cutmix:
        raise TaskError(_cutmix_error(network, f'tune = "{network.tune}" trains on activations'))
    # on the device of the run, also where the head is trained on another (`head_device`)
    activations = activations_of(network, entry, context, device_of(context.device), progress)
    return ViewInputs(activations, network.model.views_use, device=device)


def _cutmix_error(network: Network, why: str) -> str:
    return (
        f"Model {network.model.name}: train.cutmix swaps patches of pictures, but {why}. Use train.mixup, or set "
        "cutmix = 0 in [model.train]."
    )


def _decoded_inputs(context: TaskContext, network: Network, entry: StoreEntry, device: torch.device) -> Inputs:
    """Return inputs that decode and augment the rows themselves."""
    model = network.model
    inputs: Inputs = torch_half(context.kind).inputs(
        entry,
        network,
        profile=context.train.augment,
        views=model.views,
        view_profile=model.view_profile,
        device=device,
    )
    return inputs


def activations_of(
    network: Network,
    entry: StoreEntry,
    context: TaskContext,
    device: torch.device,
    progress: Progress | None = None,
) -> np.ndarray[Any, Any]:
    """Return (n, v, ...) activations of an entry's rows at the network's boundary, from the store.

    Raises
    ------
    ModelError
        If activations of rows of several sizes cannot be kept together.
    """
    return boundary_activations(
        network,
        _frozen_rows(network, entry, context, device),
        context.store,
        ActivationPass(device=str(device), progress=progress),
        rows=entry.name,
    )


def _frozen_rows(network: Network, entry: StoreEntry, context: TaskContext, device: torch.device) -> FrozenRows:
    """Return the rows of an entry as the frozen part of a network receives them."""
    kind, model = context.kind, network.model
    half = torch_half(kind)
    if kind.pictures:  # of any size each, which `TorchHalf.inputs` does not take
        return PictureRows(entry["image"], network, half.apply_profile, device=str(device))
    profile = model.view_profile if model.views > 1 else "none"
    inputs: Inputs = half.inputs(entry, network, profile=profile, views=1, view_profile=profile, device=device)
    return FrozenInputs(
        inputs,
        len(entry),
        left_out=entry.failures,
        code=(kind.torch_module,),
        # Where an encoder is built from them, they need not show in its weights.
        key={"options": model.options, kind.name: dict(context.kind_config)},
    )
