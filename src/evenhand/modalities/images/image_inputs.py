"""Encoded pictures as inputs of a network: gathered, augmented and normalised in whole batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from evenhand.base.errors import TaskError
from evenhand.base.seeds import seed_from
from evenhand.data.store.entry import StoreEntry
from evenhand.data.store.ragged import Ragged
from evenhand.models.batch_random import Draws
from evenhand.models.io.one_copy import Along, sent
from evenhand.models.io.row_reader import RowReader
from evenhand.models.network import Network

Augment = Callable[[Tensor, str, torch.Generator | Sequence[torch.Generator]], Tensor]
"""(b, c, h, w) floats in 0..1, name of a profile, a generator (or one per row) -> the augmented batch."""

_NUMBERS = "numbers of augmentations"  # a name that nothing sent along has


class Drawn(NamedTuple):
    """Augmentations of a batch of which everything random is drawn.

    Attributes
    ----------
    numbers
        What they depend on, (b, columns) float32 on the CPU.
    apply
        ((b, c, h, w) floats in 0..1, the numbers on their device) -> the augmented batch.
    """

    numbers: Tensor
    apply: Callable[[Tensor, Tensor], Tensor]


Draw = Callable[[Sequence[int], str, Draws], Drawn | None]
"""(b, c, h, w), name of a profile, a generator (or one per row) -> what `Augment` would draw.

None, and nothing is drawn, where an augmentation has to see the pictures.
"""


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
    draw
        The random numbers of `augment` alone, so that they are sent together with the pictures; without it, they
        are sent later.
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
        draw: Draw | None = None,
        profile: str = "none",
        views: int = 1,
        view_profile: str = "geometry",
        device: Any = "cpu",
    ) -> None:
        self._reader = RowReader(pictures, device)
        self._size = pictures.shape[1:3]
        # on the CPU pictures are augmented one at a time, as numbers are drawn
        self._draw = None if torch.device(device).type == "cpu" else draw
        self._prepare = prepare
        self._augment = augment
        self._profile = profile
        self._view_profile = view_profile
        self.views = views
        self.draws = profile != "none"

    def batch(self, rows: Tensor, draws: torch.Generator | None) -> Tensor:
        """Return (b, 3, h, w) normalised floats, augmented by the profile."""
        return self.batch_with(rows, draws, dict)[0]

    def batch_with(
        self, rows: Tensor, draws: torch.Generator | None, along: Along
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return (b, 3, h, w) augmented and normalised floats, and tensors that are sent in the same copy."""
        if draws is None or not self.draws:
            raw, there = self._reader.read_with(rows, along())
            return self._prepare(raw), there
        drawn = None if self._draw is None else self._draw((len(rows), 3, *self._size), self._profile, draws)
        if drawn is None:
            raw = self._reader.read(rows)
            x = self._augment(unit(raw), self._profile, draws)
            return self._prepare(x), sent(along(), raw.device)
        raw, there = self._reader.read_with(rows, {_NUMBERS: drawn.numbers, **along()})
        return self._prepare(drawn.apply(unit(raw), there.pop(_NUMBERS))), there

    def look(self, rows: Tensor, view: int = 0) -> Tensor:
        """Return (b, 3, h, w) normalised floats."""
        raw = self._reader.read(rows)
        if view == 0:
            return self._prepare(raw)
        seed = seed_from("view", view)
        # One generator per row with the same seed: a view is the same transformation for all rows, however batched.
        alike = [torch.Generator().manual_seed(seed) for _ in rows]
        return self._prepare(self._augment(unit(raw), self._view_profile, alike))

    def ahead(self, rows: Tensor) -> None:
        """Begin to read the rows of the next batch, where that is worth a thread (`RowReader`)."""
        self._reader.ahead(rows)


def unit(raw: Tensor) -> Tensor:
    """Return (b, h, w, c) uint8 as (b, c, h, w) float32 in 0..1."""
    return raw.permute(0, 3, 1, 2).to(torch.float32).div_(255.0)
