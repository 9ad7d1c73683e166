"""Rows of an array on a device: on an NVIDIA GPU read ahead by a thread, through page-locked buffers.

A copy from page-locked memory does not make the host wait, and on a stream of its own it does not wait for the
kernels of the step before. Elsewhere a batch is one gather.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from evenhand.models.io.one_copy import Layout, aligned, numbers

SLOTS = 2
"""Buffers: while one is copied to the device, the other is filled."""


class Sent(Protocol):
    """What tells that a copy has ended (`torch.cuda.Event`)."""

    def synchronize(self) -> None:
        """Wait for the end of the copy."""


class Copies(Protocol):
    """Copies to a device that the host does not wait for."""

    def buffer(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        """Return memory of the host that can be copied from in this way."""

    def send(self, part: Tensor) -> tuple[Tensor, Sent]:
        """Return a copy on the device, which later work there waits for, and what tells that it has ended."""


class CudaCopies:
    """Copies from page-locked memory to an NVIDIA GPU, on a stream of their own."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._cuda: Any = torch.cuda  # its classes are not typed
        self._stream = self._cuda.Stream(device)

    def buffer(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        """Return page-locked memory."""
        return torch.empty(shape, dtype=dtype, pin_memory=True)

    def send(self, part: Tensor) -> tuple[Tensor, Sent]:
        """Return a copy on the device, and the event of its end."""
        with torch.cuda.stream(self._stream):
            there = part.to(self._device, non_blocking=True)
            ended: Any = self._cuda.Event()
            ended.record(self._stream)
        current = torch.cuda.current_stream(self._device)
        current.wait_event(ended)
        # Its memory is of the other stream, whose next copy must not take it while this one reads from it.
        there.record_stream(current)
        return there, ended


class _Pending(NamedTuple):
    rows: Tensor
    slot: int
    held: Future[Tensor]


class RowReader:
    """Rows of an array as batches on a device, and what is sent along with them.

    Parameters
    ----------
    array
        (n, ...) numbers, in memory or memory-mapped.
    device
        Where batches are wanted.
    copies
        How they get there; by default `CudaCopies` on an NVIDIA GPU, and one plain copy elsewhere.
    """

    def __init__(self, array: npt.NDArray[Any], device: Any = "cpu", copies: Copies | None = None) -> None:
        self._array, self._device = array, torch.device(device)
        self._copies = copies if copies is not None or self._device.type != "cuda" else CudaCopies(self._device)
        self._dtype = torch.from_numpy(np.empty(0, array.dtype)).dtype
        self._buffers: list[Tensor | None] = [None] * SLOTS
        self._sent: list[Sent | None] = [None] * SLOTS
        self._room = 0
        self._next = 0
        self._pending: deque[_Pending] = deque()
        self._thread: ThreadPoolExecutor | None = None

    def ahead(self, rows: Tensor) -> None:
        """Begin to read rows, (b,) int64 on the CPU, that `read` will be asked for next, as this very tensor."""
        known = any(one.rows is rows for one in self._pending)
        if self._copies is None or known or len(self._pending) == SLOTS:
            return
        self._thread = self._thread or ThreadPoolExecutor(1, "evenhand-rows")
        slot = self._take_slot()
        self._pending.append(_Pending(rows, slot, self._thread.submit(self._fill, slot, rows)))

    def read(self, rows: Tensor) -> Tensor:
        """Return (b, ...) rows on the device.

        Raises
        ------
        IndexError
            If there is no such row.
        """
        return self.read_with(rows, {})[0]

    def read_with(self, rows: Tensor, parts: Mapping[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """Return (b, ...) rows on the device, and parts on the CPU sent there in the same copy.

        Raises
        ------
        IndexError
            If there is no such row.
        """
        if self._copies is None and self._device.type == "cpu":
            return torch.from_numpy(np.take(self._array, rows.numpy(), axis=0)), dict(parts)
        layout = Layout.of(parts, aligned(self._size(rows)))
        if self._copies is None:
            held = torch.empty(layout.end, dtype=torch.uint8)
            self._gather(rows, held)
            layout.fill(held, parts)
            there = held.to(self._device)
        else:
            slot, held = self._filled(rows)
            if layout.end > len(held):
                held = self._widened(slot, held, layout)
            layout.fill(held, parts)
            there, self._sent[slot] = self._copies.send(held[: layout.end])
        return numbers(there, 0, self._dtype, self._shape(rows)), layout.read(there, parts)

    def _filled(self, rows: Tensor) -> tuple[int, Tensor]:
        """Return a slot whose buffer holds rows, and the buffer."""
        if self._pending and self._pending[0].rows is rows:
            _, slot, held = self._pending.popleft()
            return slot, held.result()
        # Others than were announced. The buffers are free once what is being read into them has been.
        for one in self._pending:
            one.held.exception()  # which is of no concern to these rows
        self._pending.clear()
        slot = self._take_slot()
        return slot, self._fill(slot, rows)

    def _take_slot(self) -> int:
        slot, self._next = self._next, (self._next + 1) % SLOTS
        return slot

    def _fill(self, slot: int, rows: Tensor) -> Tensor:
        """Return a buffer that begins with rows, once the copy from it before has ended."""
        assert self._copies is not None
        if (before := self._sent[slot]) is not None:
            before.synchronize()
        held, least = self._buffers[slot], aligned(self._size(rows)) + self._room
        if held is None or len(held) < least:
            held = self._buffers[slot] = self._copies.buffer((least,), torch.uint8)
        self._gather(rows, held)
        return held

    def _widened(self, slot: int, held: Tensor, layout: Layout) -> Tensor:
        """Return a buffer with the same rows and room for the parts, which later buffers have from the start."""
        assert self._copies is not None
        # doubled, as parts differ in size from batch to batch and page-locked memory takes long to get
        self._room = max(self._room, 2 * (layout.end - min(layout.starts.values())))
        wider = self._copies.buffer((layout.end + self._room,), torch.uint8)
        wider[: len(held)] = held
        self._buffers[slot] = wider
        return wider

    def _gather(self, rows: Tensor, held: Tensor) -> None:
        """Write rows to the beginning of a buffer."""
        at = rows.numpy()
        count = len(self._array)
        if len(at) and not (-count <= at.min() and at.max() < count):
            row = at.max() if at.max() >= count else at.min()
            raise IndexError(f"A batch asks for row {row:,}, and there are {count:,} rows.")
        out = numbers(held, 0, self._dtype, self._shape(rows)).numpy()
        # not "raise", with which NumPy fills a buffer of its own first; "wrap" is how it takes rows below 0 there
        np.take(self._array, at, axis=0, out=out, mode="wrap")

    def _shape(self, rows: Tensor) -> tuple[int, ...]:
        return (len(rows), *self._array.shape[1:])

    def _size(self, rows: Tensor) -> int:
        return len(rows) * int(np.prod(self._array.shape[1:])) * self._dtype.itemsize
