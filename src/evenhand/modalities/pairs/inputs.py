"""Pairs as inputs of a network: pictures gathered and augmented, texts padded to the longest of the batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from evenhand.base.seeds import seed_from
from evenhand.data.store.ragged import Ragged
from evenhand.modalities.images.image_inputs import unit
from evenhand.modalities.pairs.augment import apply_profile, with_pictures
from evenhand.modalities.pairs.encoders.shapes import Batch
from evenhand.modalities.photos.augmentations.augment import draw_profile
from evenhand.models.io.one_copy import Along, sent, sent_apart

_NUMBERS = "numbers of augmentations"  # a name that no part of a pair has


class PairInputs:
    """Encoded pairs: gathered, padded, augmented (see `encoders.shapes.Batch`).

    Parameters
    ----------
    arrays
        "image" (n, s, s, 3) uint8, "text" (l,) uint8 of each row, "present" (n, 2) uint8; in memory or
        memory-mapped.
    profile
        Augmentation of training batches; "none" changes nothing.
    views, view_profile
        Number of views for evaluation, and the profile of the random ones.
    """

    pictures = False
    at_once: int | None = None

    def __init__(
        self,
        arrays: Mapping[str, Any] | Any,
        *,
        profile: str = "none",
        views: int = 1,
        view_profile: str = "geometry",
        device: Any = "cpu",
    ) -> None:
        self._images, self._texts = arrays["image"], arrays["text"]
        self._present = torch.from_numpy(np.array(arrays["present"], dtype=bool))
        texts = self._texts
        self.lengths = (
            np.asarray(texts.shapes[:, 0])
            if isinstance(texts, Ragged)
            else np.full(len(texts), texts.shape[1], dtype=np.int64)
        )
        self._profile, self._view_profile, self._device = profile, view_profile, device
        self.views = views
        self.draws = profile != "none"

    def batch(self, rows: Tensor, draws: torch.Generator | None) -> Batch:
        """Return pairs for training, their pictures augmented by the profile."""
        return self.batch_with(rows, draws, dict)[0]

    def batch_with(
        self, rows: Tensor, draws: torch.Generator | None, along: Along
    ) -> tuple[Batch, dict[str, Tensor]]:
        """Return pairs for training, and further tensors that are sent in the same copy."""
        pairs = self._pairs(rows)
        if draws is None or not self.draws:
            return sent_apart(pairs, along(), self._device)
        if torch.device(self._device).type == "cpu":  # pictures are augmented one at a time, as numbers are drawn
            return apply_profile(pairs, self._profile, draws), dict(along())
        _, height, width, channels = pairs["image"].shape
        drawn = draw_profile((len(rows), channels, height, width), self._profile, draws)
        if drawn is None:
            batch = sent(pairs, self._device)
            return apply_profile(batch, self._profile, draws), sent(along(), self._device)
        batch, there = sent_apart(pairs, {_NUMBERS: drawn.numbers, **along()}, self._device)
        return with_pictures(batch, drawn.apply(unit(batch["image"]), there.pop(_NUMBERS))), there

    def look(self, rows: Tensor, view: int = 0) -> Batch:
        """Return pairs for evaluation: view 0 is unchanged, a further view is the same transformation for all."""
        pairs = sent(self._pairs(rows), self._device)
        if view == 0:
            return pairs
        seed = seed_from("view", view)  # one generator per row: the view must not depend on the batching
        return apply_profile(pairs, self._view_profile, [torch.Generator().manual_seed(seed) for _ in rows])

    def _pairs(self, rows: Tensor) -> Batch:
        at = rows.numpy()
        length = self.lengths[at]
        text = np.zeros((len(at), max(1, int(length.max(initial=0)))), dtype=np.uint8)
        for place, row in enumerate(at):
            text[place, : length[place]] = self._texts[int(row)]
        return {
            "image": torch.from_numpy(np.take(self._images, at, axis=0)),
            "text": torch.from_numpy(text),
            "length": torch.from_numpy(length),
            "present": self._present.index_select(0, rows),
        }
