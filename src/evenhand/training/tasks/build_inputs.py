"""What a network is given of the rows in the store: activations above a frozen part, else the rows themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from evenhand.base.errors import TaskError
from evenhand.data.store.entry import StoreEntry
from evenhand.modalities.torch_half import torch_half
from evenhand.models.io.activations import boundary_activations
from evenhand.models.network import Network
from evenhand.training.inputs.inputs import Inputs, ViewInputs
from evenhand.training.tasks.context import TaskContext

Progress = Callable[[int, int], None]


def given(
    context: TaskContext,
    network: Network,
    entry: StoreEntry,
    device: torch.device,
    progress: Progress | None = None,
) -> Inputs:
    """Return what the tuned part of a network is given of encoded rows, at its boundary as it is.

    Activations of a frozen part are computed now if they are not in the store; the torch half of a kind
    makes batches of the rows themselves.

    Raises
    ------
    TaskError
        If the settings need what the rows are not.
    """
    if network.frozen is None:
        whole = _whole(context, network, entry, device)
        if context.train.cutmix and not whole.pictures:
            raise TaskError(_patches(network, "these rows are no pictures"))
        return whole
    if context.train.cutmix:
        raise TaskError(_patches(network, f'tune = "{network.tune}" trains on activations'))
    if "image" not in entry:
        raise TaskError(
            f'Model {network.model.name}: tune = "{network.tune}" keeps a part of the network as it came. '
            "Activations of one are kept for pictures only, and these rows hold "
            f'{", ".join(entry.arrays)}. Set tune = "all".'
        )
    activations = activations_of(network, entry["image"], context, entry.name, device, progress)
    return ViewInputs(activations, network.model.views_use, device=device)


def _patches(network: Network, why: str) -> str:
    return (
        f"Model {network.model.name}: train.cutmix swaps patches of pictures, but {why}. Use train.mixup, or set "
        "cutmix = 0 in [model.train]."
    )


def _whole(context: TaskContext, network: Network, entry: StoreEntry, device: torch.device) -> Inputs:
    """Return the rows themselves, augmented as the settings say."""
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
    pictures: Any,
    context: TaskContext,
    rows: str,
    device: torch.device,
    progress: Progress | None = None,
) -> np.ndarray[Any, Any]:
    """Return (n, v, ...) activations at the network's boundary, from the store."""
    return boundary_activations(
        network,
        pictures,
        context.store,
        rows=rows,
        augment=torch_half(context.kind).apply_profile,
        device=str(device),
        progress=progress,
    )
