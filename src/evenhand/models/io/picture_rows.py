"""Encoded pictures as the rows of a pass through a frozen part (`activations.FrozenRows`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from evenhand.base.values import Ints
from evenhand.data.store.ragged import Ragged
from evenhand.models.network import Network

Augment = Callable[[Tensor, str, Sequence[torch.Generator]], Tensor]
"""(b, c, h, w) floats in 0..1, a profile, a generator per row -> the same, changed."""

Images = npt.NDArray[np.uint8] | Ragged
"""(n, h, w, c) pictures, or pictures of any size."""


class PictureRows:
    """Pictures: normalised as the network takes them, further views augmented by its `view_profile`.

    Parameters
    ----------
    images
        The encoded pictures, in memory or memory-mapped; a batch holds those of one size.
    network
        Prepares them, and names the profile.
    augment
        The kind's `apply_profile`.
    """

    key: Mapping[str, Any] = {}

    def __init__(self, images: Images, network: Network, augment: Augment, *, device: str = "cpu") -> None:
        self._images, self._network, self._augment, self._device = images, network, augment, device
        self.code = (__name__, *((augment.__module__,) if network.model.views > 1 else ()))

    def __len__(self) -> int:
        return len(self._images)

    def batches(self, size: int) -> list[Ints]:
        """Return positions of rows in batches, each of pictures of one size, as the rows come."""
        _, group = np.unique(self._shapes(), axis=0, return_inverse=True)
        order = np.argsort(group.reshape(-1), kind="stable")  # stable: rows of one size stay in reading order
        ends = np.flatnonzero(np.diff(group.reshape(-1)[order])) + 1
        same = np.split(order, ends)
        return [rows[start : start + size] for rows in same for start in range(0, len(rows), size)]

    def unlike(self) -> list[int]:
        """Return the first picture, and the first of another size."""
        other = np.flatnonzero((self._shapes() != self._shapes()[0]).any(axis=1))
        return [0, *(int(row) for row in other[:1])]

    def batch(self, rows: Ints, draws: Sequence[torch.Generator] | None) -> Tensor:
        """Return (b, c, h, w) normalised floats: plain, or augmented with a generator per row."""
        # Stacked, a copy: torch warns of arrays that it may not write to, such as memory-mapped ones.
        raw = torch.from_numpy(np.stack([np.asarray(self._images[int(row)]) for row in rows])).to(self._device)
        seen = raw if draws is None else self._augment(_unit(raw), self._network.model.view_profile, draws)
        return self._network.prepare(seen)

    def _shapes(self) -> Ints:
        images = self._images
        return np.asarray(images.shapes) if isinstance(images, Ragged) else np.zeros((len(images), 1), np.int64)


def _unit(raw: Tensor) -> Tensor:
    return raw.permute(0, 3, 1, 2).contiguous().to(torch.float32).div_(255.0)
