"""Inputs of the tuned part of a network: rows by position, read, augmented and moved to the device.

There are no loader processes: rows lie encoded in a memory map, so a batch is one gather (on a GPU of a thread that
is a batch ahead), and augmentations work on whole batches.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from evenhand.base.values import Ints
from evenhand.models.io.one_copy import Along, sent
from evenhand.models.io.row_reader import RowReader

_POSITIONS, _AVERAGES = "rows of a batch", "averages of a batch"  # names that nothing sent along has


class Inputs(Protocol):
    """Rows of one kind of data, ready for the tuned part of a network.

    A batch is a tensor, or a dict of tensors where a row has several parts.

    Attributes
    ----------
    pictures
        Whether a batch is (b, c, h, w) pictures, so that patches can be swapped.
    draws
        Whether `batch` uses random numbers; if not, no generator needs to be seeded.
    views
        Number of views of a row that `look` can return.
    at_once
        Batch size of `look`, or None for that of training.

    Inputs whose batches are padded to their longest row have `lengths` too, (n,) int64 by row (`length_order`),
    those that can read rows ahead `ahead` (`read_ahead`), and those that send further tensors with a batch
    `batch_with` (`batch_with`).
    """

    pictures: bool
    draws: bool
    views: int
    at_once: int | None

    def batch(self, rows: Tensor, draws: Any) -> Any:
        """Return rows, (b,) int64 positions on the CPU, as they are trained on.

        Parameters
        ----------
        draws
            The generator of the random numbers; None changes nothing. Inputs of a whole network take a sequence of
            generators, one per row, as well: for the views that are kept of a frozen part (`frozen_inputs`).
        """

    def look(self, rows: Tensor, view: int = 0) -> Any:
        """Return rows for evaluation: view 0 is plain, the others are changed in a fixed way."""


def read_ahead(inputs: Any, rows: Tensor) -> None:
    """Tell inputs that read ahead (`RowReader`) which rows `batch` will be asked for next, as this very tensor."""
    ahead = getattr(inputs, "ahead", None)
    if ahead is not None:
        ahead(rows)


def batch_with(inputs: Any, rows: Tensor, draws: Any, along: Along) -> tuple[Any, dict[str, Tensor]]:
    """Return `inputs.batch(rows, draws)`, and further tensors on its device: in one copy where the inputs can."""
    own = getattr(inputs, "batch_with", None)
    if own is not None:
        found: tuple[Any, dict[str, Tensor]] = own(rows, draws, along)
        return found
    batch = inputs.batch(rows, draws)
    return batch, sent(along(), (batch if isinstance(batch, Tensor) else next(iter(batch.values()))).device)


class ViewInputs:
    """Activations at the boundary of a frozen part, one or several views of each row.

    What fits in memory is held there as 32-bit floats, so that a batch is one gather from a tensor.

    Parameters
    ----------
    activations
        (n, v, ...) float16 or float32, in memory or memory-mapped; view 0 is plain.
    use
        "sample" trains on one view per row and epoch, sampled uniformly; "average" on the mean of all views.
    hold
        Largest size of activations that is held in memory, bytes.
    """

    pictures = False

    def __init__(
        self,
        activations: npt.NDArray[Any],
        use: Literal["sample", "average"] = "sample",
        *,
        device: Any = "cpu",
        hold: int = 2**30,
    ) -> None:
        n, views = activations.shape[:2]
        self._averaged = use == "average" and views > 1
        self.views = 1 if use == "average" else views
        self.draws = self.views > 1
        self._device = device
        self._source = activations if self._averaged else activations.reshape(n * views, *activations.shape[2:])
        fits = n * self.views * int(np.prod(activations.shape[2:])) * 4 <= hold
        self._reader = RowReader(self._source, device)
        self._held = self._read_all(n * self.views) if fits else None
        if fits:  # it needs no buffers any more
            self._reader = RowReader(self._source, device)
        # vectors in memory are cheap to score thousands at a time; maps of that many rows would fill the memory
        self.at_once = 4096 if fits and activations.ndim == 3 else None
        self._looked: tuple[Tensor, int, Tensor] | None = None

    def ahead(self, rows: Tensor) -> None:
        """Begin to read the rows of the next batch, where they are not held and no view has to be drawn first."""
        if self._held is None and self.views == 1 and not self._averaged:
            self._reader.ahead(rows)

    def batch(self, rows: Tensor, draws: torch.Generator | None) -> Tensor:
        """Return (b, ...) float32 activations."""
        return self.batch_with(rows, draws, dict)[0]

    def batch_with(
        self, rows: Tensor, draws: torch.Generator | None, along: Along
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return (b, ...) float32 activations, and further tensors that are sent in the same copy."""
        if draws is None or not self.draws:
            return self._gather(self._at(rows, 0), along())
        # the views of a row lie next to each other: (n, v, …) held as (n v, …)
        at = rows * self.views + torch.randint(self.views, rows.shape, generator=draws)
        return self._gather(at, along())

    def look(self, rows: Tensor, view: int = 0) -> Tensor:
        """Return (b, ...) float32 activations of one view; those of the last rows are cached."""
        if self._held is None:
            return self._view(rows, view)
        # by identity: the loop validates with the same tensors of positions every epoch
        if self._looked is None or self._looked[0] is not rows or self._looked[1] != view:
            self._looked = rows, view, self._view(rows, view)
        return self._looked[2]

    def _view(self, rows: Tensor, view: int) -> Tensor:
        return self._gather(self._at(rows, view), {})[0]

    def _at(self, rows: Tensor, view: int) -> Tensor:
        return rows if self.views == 1 else rows * self.views + view

    def _gather(self, positions: Tensor, along: Mapping[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        if self._held is None:
            return self._read(positions, along)
        there = sent({_POSITIONS: positions, **along}, self._device)
        return self._held.index_select(0, there.pop(_POSITIONS)), there

    def _read_all(self, rows: int, *, step: int = 4096) -> Tensor:
        shape = self._source.shape[2:] if self._averaged else self._source.shape[1:]
        out = torch.empty((rows, *shape), device=self._device)
        for start in range(0, rows, step):
            part = torch.arange(start, min(start + step, rows))
            out[start : start + len(part)] = self._read(part, {})[0]
        return out

    def _read(self, positions: Tensor, along: Mapping[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        if not self._averaged:  # widened where they are wanted: half the bytes to copy
            found, there = self._reader.read_with(positions, along)
            return found.float(), there
        part = np.take(self._source, positions.numpy(), axis=0).astype(np.float32, copy=False)
        there = sent({_AVERAGES: torch.from_numpy(part.mean(axis=1)), **along}, self._device)
        return there.pop(_AVERAGES), there


class SampleInputs:
    """Inputs by the position of a sample, over inputs that count rows as the store does.

    Parameters
    ----------
    inputs
        Inputs of all rows of a store entry.
    rows
        (n,) the store's row of each sample.
    """

    def __init__(self, inputs: Inputs, rows: Ints) -> None:
        self._inputs, self._rows = inputs, torch.from_numpy(rows)
        self.pictures, self.draws = inputs.pictures, inputs.draws
        self.views, self.at_once = inputs.views, inputs.at_once
        lengths = getattr(inputs, "lengths", None)
        self.lengths: Ints | None = None if lengths is None else lengths[rows]
        self._looked: tuple[Tensor, Tensor] | None = None
        self._announced: list[tuple[Tensor, Tensor]] = []

    def ahead(self, rows: Tensor) -> None:
        """Begin to read the inputs of sample positions that `batch` will be asked for next."""
        if any(here is rows for here, _ in self._announced):
            return
        # inputs recognise announced rows by identity, so the tensor of rows is kept until they are asked for
        self._announced = [*self._announced[-1:], (rows, self._rows[rows])]
        read_ahead(self._inputs, self._announced[-1][1])

    def batch(self, rows: Tensor, draws: torch.Generator | None) -> Any:
        """Return the inputs of (b,) sample positions as they are trained on."""
        return self._inputs.batch(self._of(rows), draws)

    def batch_with(
        self, rows: Tensor, draws: torch.Generator | None, along: Along
    ) -> tuple[Any, dict[str, Tensor]]:
        """Return the inputs of (b,) sample positions, and further tensors that are sent in the same copy."""
        return batch_with(self._inputs, self._of(rows), draws, along)

    def _of(self, rows: Tensor) -> Tensor:
        """Return the rows of sample positions, as the tensor that was announced where there is one."""
        announced = next((there for here, there in self._announced if here is rows), None)
        return self._rows[rows] if announced is None else announced

    def look(self, rows: Tensor, view: int = 0) -> Any:
        """Return the inputs of (b,) sample positions for evaluation."""
        # equal positions give the same tensor of rows: `ViewInputs` recognises the rows it has cached by identity
        if self._looked is None or self._looked[0] is not rows:
            self._looked = rows, self._rows[rows]
        return self._inputs.look(self._looked[1], view)
