"""Scans as inputs of a network: lines padded to a common number, with a mask of those that were scanned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from evenhand.base.seeds import seed_from
from evenhand.data.store.ragged import Ragged
from evenhand.modalities.scanlines.augment import apply_profile
from evenhand.modalities.scanlines.encoders.shapes import STATISTICS, Batch
from evenhand.modalities.scanlines.features.line_statistics import OF_LINES, line_statistics
from evenhand.models.batch_random import Draws
from evenhand.models.io.one_copy import Along, sent_apart

BUCKET = 8
"""Numbers of lines of a batch are rounded up to multiples of it, so that a library plans few shapes."""

_HEIGHTS = "heights"


class ScanInputs:
    """Encoded scans: gathered, padded, augmented.

    Parameters
    ----------
    arrays
        "lines" (l, c, w) float16, "mask" (l, c, w) bool and "steps" (l, c, 2) float16 of every row, ragged or of
        one shape; in memory or memory-mapped. With "heights" (c, 2), mean and deviation, the network receives
        heights; augmentations work in deviations all the same.
    reads
        Names of the network's inputs (see `shapes.Batch`).
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
        reads: Sequence[str],
        *,
        profile: str = "none",
        views: int = 1,
        view_profile: str = "gentle",
        device: Any = "cpu",
    ) -> None:
        self._lines, self._mask = _Padded(arrays["lines"]), _Padded(arrays["mask"])
        self._steps = _Padded(arrays["steps"]) if "steps" in reads else None
        self.lengths = self._lines.sizes
        self._heights = arrays["heights"] if "heights" in arrays else None  # noqa: SIM401 (StoreEntry)
        self._arrays: Any = arrays
        self._reads = frozenset(reads)
        self._profile, self._view_profile, self._device = profile, view_profile, device
        self.views = views
        self.draws = profile != "none" and self._reads != {STATISTICS}

    def batch(self, rows: Tensor, draws: torch.Generator | None) -> Batch:
        """Return scans for training, augmented by the profile."""
        return self.batch_with(rows, draws, dict)[0]

    def batch_with(
        self, rows: Tensor, draws: torch.Generator | None, along: Along
    ) -> tuple[Batch, dict[str, Tensor]]:
        """Return scans for training, and further tensors that are sent in the same copy."""
        scans = self._scans(rows)
        return self._sent(rows, scans if draws is None else self._changed(scans, self._profile, draws), along())

    def look(self, rows: Tensor, view: int = 0) -> Batch:
        """Return scans for evaluation: view 0 is unchanged, a further view is the same transformation for all."""
        scans = self._scans(rows)
        if view == 0:
            return self._sent(rows, scans, {})[0]
        seed = seed_from("view", view)  # one generator per row: the view must not depend on the batching
        alike = [torch.Generator().manual_seed(seed) for _ in rows]
        return self._sent(rows, self._changed(scans, self._view_profile, alike), {})[0]

    def _changed(self, scans: Batch, profile: str, draws: Draws) -> Batch:
        """Return scans augmented on the CPU: there are more random numbers to send than values that they change."""
        return scans if profile == "none" else apply_profile(_widened(scans), profile, draws)

    def _scans(self, rows: Tensor) -> Batch:
        at = rows.numpy()
        length = -(-int(self._lines.sizes[at].max()) // BUCKET) * BUCKET
        pixels = torch.from_numpy(self._mask.take(at, length))
        scans = {
            "lines": torch.from_numpy(self._lines.take(at, length)),
            "mask": pixels.flatten(2).any(dim=2),
            "pixels": pixels,
        }
        if self._steps is not None:
            scans["steps"] = torch.from_numpy(self._steps.take(at, length))
        return scans

    def _sent(self, rows: Tensor, scans: Batch, along: Mapping[str, Tensor]) -> tuple[Batch, dict[str, Tensor]]:
        """Return the parts that the network reads, and further tensors, on the device after one copy."""
        needed = self._reads if self._heights is None else self._reads | {"lines", "mask", "pixels"}
        parts = {name: part for name, part in scans.items() if name in needed}
        if self._heights is not None:
            parts[_HEIGHTS] = torch.from_numpy(np.asarray(self._heights[rows.numpy()], dtype=np.float32))
        if STATISTICS in self._reads:  # of the stored scan: augmentations do not reach them
            found = line_statistics(self._arrays, rows.numpy())[:, : len(OF_LINES)]
            parts[STATISTICS] = torch.from_numpy(found.astype(np.float32))
        batch, there = sent_apart(parts, along, self._device)
        scans = _widened(batch)  # here, as float16 is half as much to send
        if self._heights is not None:
            held = scans[_HEIGHTS]
            mean, deviation = held[:, None, :, :1], held[:, None, :, 1:]
            scanned = scans["pixels"] & scans["mask"][:, :, None, None]
            scans = {**scans, "lines": torch.where(scanned, scans["lines"] * deviation + mean, 0.0)}
        return {name: part for name, part in scans.items() if name in self._reads}, there


def _widened(scans: Batch) -> Batch:
    return {name: part.float() if part.is_floating_point() else part for name, part in scans.items()}


def line_batch(arrays: Mapping[str, Any], reads: Sequence[str], device: Any) -> Batch:
    """Return some lines of one scan, without padding, as the inputs `reads` of a network (see `shapes.Batch`).

    Parameters
    ----------
    arrays
        "lines" (l, c, w) float16, "mask" (l, c, w) bool and "steps" (l, c, 2) float16.
    """
    pixels = torch.from_numpy(arrays["mask"][None])
    scan = {
        "lines": torch.from_numpy(arrays["lines"][None]).float(),
        "mask": pixels.flatten(2).any(dim=2),
        "pixels": pixels,
        "steps": torch.from_numpy(arrays["steps"][None]).float(),
    }
    return {name: scan[name].to(device) for name in reads}


class _Padded:
    """Rows of one array, of which any can be taken with zeros behind their last line.

    Attributes
    ----------
    sizes
        (n,) lines of each row.
    """

    def __init__(self, rows: Any) -> None:
        self._rows = rows
        self.sizes: npt.NDArray[np.int64] = (
            rows.shapes[:, 0] if isinstance(rows, Ragged) else np.full(len(rows), rows.shape[1], dtype=np.int64)
        )

    def take(self, at: npt.NDArray[np.int64], length: int) -> npt.NDArray[Any]:
        """Return (b, length, ...) rows."""
        inner = self._rows.shapes[0][1:] if isinstance(self._rows, Ragged) else self._rows.shape[2:]
        out = np.zeros((len(at), length, *(int(size) for size in inner)), dtype=self._rows.dtype)
        if isinstance(self._rows, Ragged):
            for place, row in enumerate(at):
                out[place, : self.sizes[row]] = self._rows[int(row)]
        else:
            out[:, : self._rows.shape[1]] = np.take(self._rows, at, axis=0)
        return out
