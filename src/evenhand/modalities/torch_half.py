"""The part of a kind of data that needs torch: a module named by the kind, imported only to train or predict."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast

from evenhand.data.store.entry import StoreEntry
from evenhand.modalities.kind import Kind

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from evenhand.models.network import Network

    Draws = torch.Generator | Sequence[torch.Generator]


class TorchHalf(Protocol):
    """The interface of a kind's `torch_module`; importing it registers the kind's encoders."""

    def apply_profile(self, batch: Tensor, profile: str, draws: Draws) -> Tensor:
        """Return a batch of the rows' main array, augmented by a profile of the kind.

        Parameters
        ----------
        draws
            One generator, or one per row: the only source of randomness. They are on the CPU, so that all devices
            see the same numbers; what they draw is moved to the device of the batch.
        """

    def inputs(
        self, entry: StoreEntry, network: Network, *, profile: str, views: int, view_profile: str, device: Any
    ) -> Any:
        """Return the rows of a store's entry as inputs of a network: `training.inputs.Inputs`.

        Parameters
        ----------
        profile
            Augmentation profile of training batches; "none" changes nothing.
        views, view_profile
            Number of views for evaluation, and the profile of the random ones.
        """

    # A half may also have `pretrain(network, inputs, rows, draws)`, which trains the encoder of a network in place
    # on rows (n,) of its inputs without their labels, as its own options ask (`training.tasks.initial_network`).
    # `fit_encoder(network, entry, rows, keep)` fits in place what the encoder learns of all rows (n,) of an entry
    # that are not locked, without labels and once for all folds; `keep` is `Store.array`, for what takes long.
    # That of a kind with `stream` has `step_batch(arrays, network, device)`, which returns one step of one row
    # (`streams.Step`) as a batch of the network.


def torch_half(kind: Kind) -> TorchHalf:
    """Return the torch module of a kind, with its encoders registered."""
    return cast(TorchHalf, importlib.import_module(kind.torch_module))
