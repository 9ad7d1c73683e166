"""Rows of an array on a device: on an NVIDIA GPU read ahead by a thread, through page-locked buffers.

A copy from page-locked memory does not make the host wait, and on a stream of its own it does not wait for the
kernels of the step before. Elsewhere a batch is one gather.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

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
    part: Future[Tensor]


class RowReader:
    """Rows of an array as batches on a device.

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
        self._buffers: list[Tensor | None] = [None] * SLOTS
        self._sent: list[Sent | None] = [None] * SLOTS
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
        """Return (b, ...) rows on the device."""
        if self._copies is None:
            return torch.from_numpy(np.take(self._array, rows.numpy(), axis=0)).to(self._device)
        if self._pending and self._pending[0].rows is rows:
            _, slot, part = self._pending.popleft()
            filled = part.result()
        else:
            # Others than were announced. The buffers are free once what is being read into them has been.
            for one in self._pending:
                one.part.result()
            self._pending.clear()
            slot = self._take_slot()
            filled = self._fill(slot, rows)
        there, self._sent[slot] = self._copies.send(filled)
        return there

    def _take_slot(self) -> int:
        slot, self._next = self._next, (self._next + 1) % SLOTS
        return slot

    def _fill(self, slot: int, rows: Tensor) -> Tensor:
        """Return a buffer filled with rows, once the copy from it before has ended."""
        assert self._copies is not None
        if (before := self._sent[slot]) is not None:
            before.synchronize()
        held = self._buffers[slot]
        if held is None or len(held) < len(rows):
            dtype = torch.from_numpy(np.empty(0, self._array.dtype)).dtype
            held = self._buffers[slot] = self._copies.buffer((len(rows), *self._array.shape[1:]), dtype)
        part = held[: len(rows)]
        # "clip", as with "raise" NumPy fills a buffer of its own first; positions are those of rows that are there
        np.take(self._array, rows.numpy(), axis=0, out=part.numpy(), mode="clip")
        return part
