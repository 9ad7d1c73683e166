"""Encoded pictures as inputs of a network: gathered, augmented and normalised in whole batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from evenhand.base.errors import TaskError
from evenhand.base.seeds import seed_from
from evenhand.data.store.entry import StoreEntry
from evenhand.data.store.ragged import Ragged
from evenhand.models.io.row_reader import RowReader
from evenhand.models.network import Network

Augment = Callable[[Tensor, str, torch.Generator | Sequence[torch.Generator]], Tensor]
"""(b, c, h, w) floats in 0..1, name of a profile, a generator (or one per row) -> the augmented batch."""


def image_inputs(entry: StoreEntry, network: Network, augment: Augment, **how: Any) -> ImageInputs:
    """Return the pictures of a store's entry, its array "image", as inputs of a network.

    Parameters
    ----------
    how
        Further parameters of `ImageInputs`.

    Raises
    ------
    TaskError
        If they have different sizes.
    """
    pictures: Any = entry["image"]
    if isinstance(pictures, Ragged):
        raise TaskError(
            f"Model {network.model.name}: pictures of different sizes do not fit into one batch. "
            'Set tune = "head", or give all pictures one size.'
        )
    return ImageInputs(pictures, network.prepare, augment, **how)


class ImageInputs:
    """Encoded pictures: gathered, augmented, normalised.

    Parameters
    ----------
    pictures
        (n, h, w, 3) uint8, in memory or memory-mapped.
    prepare
        (b, h, w, 3) uint8 or augmented (b, 3, h, w) floats in 0..1 -> normalised floats.
    augment, profile
        Augmentation of training batches; profile "none" changes nothing.
    views, view_profile
        Number of views for evaluation, and the profile of the random ones.
    """

    pictures = True
    at_once: int | None = None

    def __init__(
        self,
        pictures: npt.NDArray[np.uint8],
        prepare: Callable[[Tensor], Tensor],
        augment: Augment,
        *,
        profile: str = "none",
        views: int = 1,
        view_profile: str = "geometry",
        device: Any = "cpu",
    ) -> None:
        self._reader = RowReader(pictures, device)
        self._prepare = prepare
        self._augment = augment
        self._profile = profile
        self._view_profile = view_profile
        self.views = views
        self.draws = profile != "none"

    def batch(self, rows: Tensor, draws: torch.Generator | None) -> Tensor:
        """Return (b, 3, h, w) normalised floats, augmented by the profile."""
        raw = self._raw(rows)
        if draws is None or not self.draws:
            return self._prepare(raw)
        return self._prepare(self._augment(unit(raw), self._profile, draws))

    def look(self, rows: Tensor, view: int = 0) -> Tensor:
        """Return (b, 3, h, w) normalised floats."""
        raw = self._raw(rows)
        if view == 0:
            return self._prepare(raw)
        seed = seed_from("view", view)
        # One generator per row with the same seed: a view is the same transformation for all rows, however batched.
        alike = [torch.Generator().manual_seed(seed) for _ in rows]
        return self._prepare(self._augment(unit(raw), self._view_profile, alike))

    def ahead(self, rows: Tensor) -> None:
        """Begin to read the rows of the next batch, where that is worth a thread (`RowReader`)."""
        self._reader.ahead(rows)

    def _raw(self, rows: Tensor) -> Tensor:
        return self._reader.read(rows)


def unit(raw: Tensor) -> Tensor:
    """Return (b, h, w, c) uint8 as (b, c, h, w) float32 in 0..1."""
    return raw.permute(0, 3, 1, 2).to(torch.float32).div_(255.0)
