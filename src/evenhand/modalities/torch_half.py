"""The half of a kind of data that needs torch: a module that the kind names, imported only where it trains."""

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
    """What a kind's `torch_module` offers; importing it registers the kind's own encoders."""

    def apply_profile(self, batch: Tensor, profile: str, draws: Draws) -> Tensor:
        """Return a batch of the rows' main array, changed by the augmentations of a profile of the kind.

        Parameters
        ----------
        draws
            One generator, or one per row; nothing else is random.
        """

    def inputs(
        self, entry: StoreEntry, network: Network, *, profile: str, views: int, view_profile: str, device: Any
    ) -> Any:
        """Return the rows of a store's entry as a network is given them: `training.inputs.Inputs`.

        Parameters
        ----------
        profile
            What batches are changed by while training; "none" changes nothing.
        views, view_profile
            Further views for evaluation, made by a profile.
        """


def torch_half(kind: Kind) -> TorchHalf:
    """Return the torch half of a kind, its encoders registered."""
    return cast(TorchHalf, importlib.import_module(kind.torch_module))
