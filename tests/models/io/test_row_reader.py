"""Rows that are read ahead and copied without waiting, with a device whose copies end late."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from evenhand.modalities.views import View, Viewed
from evenhand.models.io.row_reader import CudaCopies, RowReader

ROWS = np.random.default_rng(0).integers(0, 256, (40, 3, 2), dtype=np.uint8)


class LateCopies:
    """Copies that are made when somebody waits for them, as late as a stream allows."""

    def __init__(self) -> None:
        self.buffers: list[Tensor] = []
        self.waiting: list[LateCopy] = []

    def buffer(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        self.buffers.append(torch.zeros(shape, dtype=dtype))
        return self.buffers[-1]

    def send(self, part: Tensor) -> tuple[Tensor, LateCopy]:
        there = torch.zeros_like(part)
        self.waiting.append(LateCopy(part, there))
        return there, self.waiting[-1]

    def finish(self) -> None:
        for one in self.waiting:
            one.synchronize()


class LateCopy:
    def __init__(self, part: Tensor, there: Tensor) -> None:
        self.part, self.there, self.ended = part, there, False

    def synchronize(self) -> None:
        if not self.ended:
            self.there.copy_(self.part)
        self.ended = True


def batches(sizes: tuple[int, ...] = (5, 8, 8, 3, 8, 8)) -> Iterator[Tensor]:
    draws = torch.Generator().manual_seed(0)
    return (torch.randint(len(ROWS), (size,), generator=draws) for size in sizes)


@pytest.mark.parametrize("announced", ["all", "none", "wrong", "every second"])
def test_batches_are_the_rows_however_late_copies_end_and_whatever_was_announced(announced: str) -> None:
    copies = LateCopies()
    reader = RowReader(ROWS, "cpu", copies)
    rows, found = list(batches()), []
    for number, one in enumerate(rows):
        if announced == "wrong":
            reader.ahead(one.clone())
        elif announced == "all" or (announced == "every second" and number % 2):
            for ahead in rows[number : number + 2]:
                reader.ahead(ahead)
        found.append(reader.read(one))
    copies.finish()
    for one, part in zip(rows, found, strict=True):
        assert np.array_equal(part.numpy(), ROWS[one.numpy()])
    # two buffers, each made anew once for larger batches
    assert len(copies.buffers) <= 4


@pytest.mark.parametrize("announced", [True, False])
def test_what_is_sent_along_shares_the_copy_and_gets_room_in_the_buffers(announced: bool) -> None:
    copies = LateCopies()
    reader = RowReader(ROWS, "cpu", copies)
    rows, found, numbers = list(batches((5, 8, 7, 8, 3, 8, 8, 8))), [], []
    for number, one in enumerate(rows):
        for ahead in rows[number : number + 2] if announced else []:
            reader.ahead(ahead)
        numbers.append({"a": torch.full((len(one), 3 + number % 4), float(number)), "b": one * 2})
        found.append(reader.read_with(one, numbers[-1]))
        assert len(copies.waiting) == number + 1
    copies.finish()
    for one, along, (part, there) in zip(rows, numbers, found, strict=True):
        assert np.array_equal(part.numpy(), ROWS[one.numpy()])
        assert {name: part.tolist() for name, part in there.items()} == {n: x.tolist() for n, x in along.items()}
    assert len(copies.buffers) <= 6  # at first without room, and for smaller batches


@pytest.mark.parametrize("device", ["cpu", "meta", "copies"])
@pytest.mark.parametrize(("row", "named"), [(40, "40"), (-41, "-41")])
def test_a_row_that_is_not_there_is_an_error_on_every_device(device: str, row: int, named: str) -> None:
    reader = RowReader(ROWS, "cpu", LateCopies()) if device == "copies" else RowReader(ROWS, device)
    rows = torch.tensor([3, row])
    reader.ahead(rows)
    with pytest.raises(IndexError, match=named):
        reader.read(rows)
    assert reader.read(torch.tensor([1])).shape == (1, 3, 2)  # the next ones are read


def test_rows_from_the_end_are_those_of_the_cpu() -> None:
    copies = LateCopies()
    found = RowReader(ROWS, "cpu", copies).read(torch.tensor([-1, 5, -40]))
    copies.finish()
    assert np.array_equal(found.numpy(), ROWS[[-1, 5, -40]])


def test_a_batch_is_read_while_the_one_before_is_used() -> None:
    copies = LateCopies()
    reader = RowReader(ROWS, "cpu", copies)
    first, second = batches((4, 4))
    reader.ahead(first)
    reader.ahead(second)
    reader.read(first)
    assert reader._pending[0].held.result()[:24].tolist() == ROWS[second.numpy()].ravel().tolist()
    assert not copies.waiting[0].ended  # nothing waited for the copy of the first one


def test_on_the_cpu_a_batch_is_one_gather_without_a_thread() -> None:
    reader = RowReader(ROWS, "cpu")
    (rows,) = batches((6,))
    reader.ahead(rows)
    assert reader._thread is None
    assert np.array_equal(reader.read(rows).numpy(), ROWS[rows.numpy()])


def test_copies_to_a_card_are_ordered_by_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """The calls of torch.cuda, in their order: copy and event on the other stream, then this one waits."""
    said: list[str] = []

    class Stream:
        def __init__(self, name: object) -> None:
            self.name = name

        def wait_event(self, event: object) -> None:
            said.append(f"{self.name} waits")

        def __enter__(self) -> None:
            said.append("other stream")

        def __exit__(self, *_: object) -> None:
            said.append("back")

    class Event:
        def record(self, stream: Stream) -> None:
            said.append("event")

    class Part:
        def to(self, device: torch.device, *, non_blocking: bool) -> Part:
            said.append(f"copy to {device}, non_blocking {non_blocking}")
            return self

        def record_stream(self, stream: Stream) -> None:
            said.append(f"memory held for {stream.name}")

    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: stream)
    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: Stream("current"))
    copies = CudaCopies(torch.device("cuda", 0))
    copies.send(Part())  # type: ignore[arg-type]
    assert said == [
        "other stream",
        "copy to cuda:0, non_blocking True",
        "event",
        "back",
        "current waits",
        "memory held for current",
    ]


@pytest.mark.parametrize("copies", [None, LateCopies()], ids=["CPU", "card"])
def test_rows_of_a_view_are_read_like_an_array(copies: LateCopies | None) -> None:
    turned = View("turned", lambda row: row[::-1])
    reader = RowReader(Viewed(ROWS, turned), "cpu", copies)  # type: ignore[arg-type]
    rows = torch.tensor([3, 1, 3])
    reader.ahead(rows)
    found = reader.read(rows)
    if copies is not None:
        copies.finish()
    assert np.array_equal(found.numpy(), ROWS[rows.numpy(), ::-1])
