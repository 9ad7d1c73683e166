"""Drawings as inputs of a network: graphs of a batch laid one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from evenhand.base.seeds import seed_from
from evenhand.data.store.ragged import Ragged
from evenhand.modalities.drawings.augment import apply_profile
from evenhand.modalities.drawings.encoders.nodes_in import Batch
from evenhand.modalities.drawings.vocabulary import EDGE_TYPES
from evenhand.models.io.one_copy import Along, sent, sent_apart


class DrawingInputs:
    """Encoded drawings: gathered, augmented.

    Parameters
    ----------
    arrays
        "nodes" (n, f) float32, "strokes" (n, p, 2) float32, "edges" (e, 2) int32 and "relations" (e,) uint8 of
        every row, ragged; held in memory.
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
        view_profile: str = "mirror",
        device: Any = "cpu",
    ) -> None:
        self._nodes, self._strokes = _Flat(arrays["nodes"], np.float32), _Flat(arrays["strokes"], np.float32)
        self._edges, self._relations = _Flat(arrays["edges"], np.int64), _Flat(arrays["relations"], np.uint8)
        self._profile, self._view_profile, self._device = profile, view_profile, device
        self.views = views
        self.draws = profile != "none"

    def batch(self, rows: Tensor, draws: torch.Generator | None) -> Batch:
        """Return drawings for training, augmented by the profile."""
        return self.batch_with(rows, draws, dict)[0]

    def batch_with(
        self, rows: Tensor, draws: torch.Generator | None, along: Along
    ) -> tuple[Batch, dict[str, Tensor]]:
        """Return drawings for training, and further tensors that are sent in the same copy."""
        drawings = self._drawings(rows)
        # before they are sent: how many primitives are dropped is known at once on the CPU, a GPU is waited for
        drawings = drawings if draws is None else apply_profile(drawings, self._profile, draws)
        return sent_apart(drawings, along(), self._device)

    def look(self, rows: Tensor, view: int = 0) -> Batch:
        """Return drawings for evaluation: view 0 is unchanged, a further view is the same motion for all."""
        drawings = self._drawings(rows)
        if view == 0:
            return sent(drawings, self._device)
        seed = seed_from("view", view)  # one generator per row: the view must not depend on the batching
        alike = [torch.Generator().manual_seed(seed) for _ in rows]
        return sent(apply_profile(drawings, self._view_profile, alike), self._device)

    def _drawings(self, rows: Tensor) -> Batch:
        at = rows.numpy()
        nodes, size = self._nodes.take(at)
        edges, count = self._edges.take(at)
        first = torch.repeat_interleave(size.cumsum(0) - size, count)
        bits = self._relations.take(at)[0].view(-1, 1)
        place = torch.arange(len(EDGE_TYPES), dtype=torch.uint8)
        return {
            "nodes": nodes,
            "strokes": self._strokes.take(at)[0],
            "graph": torch.repeat_interleave(torch.arange(len(at)), size),
            "size": size,
            "edges": (edges + first.unsqueeze(1)).T.contiguous(),
            "relations": ((bits >> place) & 1).float(),
        }


class _Flat:
    """Ragged rows of one array as one tensor, of which any rows can be taken in one gather."""

    def __init__(self, rows: Any, dtype: Any) -> None:
        if not isinstance(rows, Ragged):  # all rows have one shape
            rows = Ragged.of(list(np.asarray(rows)))
        inner = tuple(int(size) for size in rows.shapes[0][1:])
        self._values = torch.from_numpy(np.array(rows.values, dtype=dtype)).view(-1, *inner)
        self._sizes = rows.shapes[:, 0].astype(np.int64)
        self._starts = np.cumsum(self._sizes) - self._sizes

    def take(self, at: np.ndarray[Any, Any]) -> tuple[Tensor, Tensor]:
        """Return the items of some rows, one row after the other, and (b,) how many of each."""
        sizes = self._sizes[at]
        ends = np.cumsum(sizes)
        places = np.arange(ends[-1] if len(ends) else 0) + np.repeat(self._starts[at] - (ends - sizes), sizes)
        return self._values[torch.from_numpy(places)], torch.from_numpy(sizes)
