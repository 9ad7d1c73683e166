"""Beats as inputs of a network: windows, their rhythm, and for networks that read them the neighbouring beats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from evenhand.base.seeds import seed_from
from evenhand.modalities.beats.encoders.shapes import Batch
from evenhand.models.io.one_copy import Along, sent, sent_apart

Augment = Callable[[Tensor, str, Any], Tensor]
"""(b, c, t) windows, name of a profile, a generator (or one per row) -> the augmented windows."""


Windows = npt.NDArray[np.float32]


class BeatInputs:
    """Encoded beats: gathered, augmented.

    Parameters
    ----------
    arrays
        "signal" (n, c, t) float32, "rhythm" (n, d) float32, "near" (n, 2m + 1) int32 with -1 beyond a record's
        ends; in memory or memory-mapped.
    reads
        Names of the network's inputs (see `shapes.Batch`).
    augment, profile
        Augmentation of training batches; profile "none" changes nothing.
    views, view_profile
        Number of views for evaluation, and the profile of the random ones.
    hold
        Bytes up to which windows are loaded into memory.
    """

    pictures = False
    at_once: int | None = None

    def __init__(
        self,
        arrays: Mapping[str, Any] | Any,
        reads: Sequence[str],
        augment: Augment,
        *,
        profile: str = "none",
        views: int = 1,
        view_profile: str = "gentle",
        device: Any = "cpu",
        hold: int = 2**30,
    ) -> None:
        self._signal = None if set(reads) == {"rhythm"} else _held(arrays["signal"], hold)
        self._rhythm = torch.from_numpy(np.array(arrays["rhythm"], dtype=np.float32))
        self._near = torch.from_numpy(np.array(arrays["near"], dtype=np.int64)) if "around" in reads else None
        self._augment = augment
        self._profile = profile
        self._view_profile = view_profile
        self._device = device
        self.views = views
        self.draws = profile != "none" and self._signal is not None

    def batch(self, rows: Tensor, draws: torch.Generator | None) -> Batch:
        """Return beats for training, their windows augmented by the profile."""
        return self.batch_with(rows, draws, dict)[0]

    def batch_with(
        self, rows: Tensor, draws: torch.Generator | None, along: Along
    ) -> tuple[Batch, dict[str, Tensor]]:
        """Return beats for training, and further tensors that are sent in the same copy."""
        changed = draws is not None and self.draws
        parts = self._parts(rows, self._profile if changed else "none", draws)
        return sent_apart(parts, along(), self._device)

    def look(self, rows: Tensor, view: int = 0) -> Batch:
        """Return beats for evaluation: view 0 is unchanged, a further view is the same transformation for all."""
        if view == 0:
            return self._beats(rows, "none", None)
        seed = seed_from("view", view)  # one generator per row: the view must not depend on the batching
        alike = [torch.Generator().manual_seed(seed) for _ in rows]
        return self._beats(rows, self._view_profile, alike)

    def _beats(self, rows: Tensor, profile: str, draws: Any) -> Batch:
        return sent(self._parts(rows, profile, draws), self._device)

    def _parts(self, rows: Tensor, profile: str, draws: Any) -> Batch:
        """Return the parts of beats on the CPU: to augment so little there costs less than asking a GPU for it."""
        rhythm = {"rhythm": self._rhythm.index_select(0, rows)}
        if self._signal is None:
            return rhythm
        if self._near is None:
            return {"signal": self._windows(rows.unsqueeze(1), profile, draws), **rhythm}
        near = self._near.index_select(0, rows)
        known = near >= 0
        around = torch.where(known, near, rows.unsqueeze(1))  # any valid row; `known` masks it in the attention
        windows = self._windows(around, profile, draws)
        places, leads = near.shape[1], windows.shape[1] // near.shape[1]
        return {"around": windows.view(len(rows), places, leads, -1), "known": known, **rhythm}

    def _windows(self, rows: Tensor, profile: str, draws: Any) -> Tensor:
        """Return (b, places · c, t) windows of (b, places) rows: as channels of one row they change alike."""
        taken = np.take(cast(Windows, self._signal), rows.numpy().ravel(), axis=0)
        windows = torch.from_numpy(taken.reshape(len(rows), -1, taken.shape[-1]))
        return windows if profile == "none" else self._augment(windows, profile, draws)


def _held(windows: Windows, hold: int) -> Windows:
    """Return windows loaded into memory if they fit, else memory-mapped."""
    return np.array(windows) if windows.nbytes <= hold else windows
