"""Which call runs where: simulated cards and failures, no processes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.engines.placement import Place, deal
from evenhand.engines.schedule import Remedy, Schedule

Outcome = Callable[[int, int, str], Remedy | None]
"""Of (call, try, device): the remedy of its failure ("" for none), or None if it succeeds."""


class Simulation:
    """Runs calls of given lengths in virtual time, and notes which ran where and beside how many."""

    def __init__(self, devices: tuple[str, ...], lengths: list[int], outcome: Outcome) -> None:
        self.devices, self.schedule = devices, Schedule(len(lengths), devices)
        self.ran: list[tuple[int, str]] = []
        self.beside: list[tuple[int, int, int]] = []
        self.done: list[int] = []
        self.lost: list[int] = []
        busy: dict[int, tuple[int, int]] = {}
        now, tries = 0, Counter[int]()
        while True:
            for place, device in enumerate(devices):
                if place not in busy and (call := self.schedule.take(place)) is not None:
                    busy[place] = (now + lengths[call], call)
                    tries[call] += 1
                    self.ran.append((call, device))
            for place, (_, call) in busy.items():
                others = sum(devices[other] == devices[place] for other in busy) - 1
                self.beside.append((call, tries[call], others))
            if not busy:
                return
            place = min(busy, key=lambda one: busy[one])
            now, call = busy.pop(place)
            remedy = outcome(call, tries[call], devices[place])
            if remedy is None:
                self.schedule.succeeded(place)
                self.done.append(call)
            elif not self.schedule.failed(place, remedy):
                self.lost.append(call)

    @property
    def loads(self) -> dict[str, int]:
        """Number of calls that ran on each device."""
        counts = Counter(device for _, device in self.ran)
        return {device: counts[device] for device in set(self.devices)}


def places(cards: int, per_device: int, calls: int) -> tuple[str, ...]:
    return deal([Place(f"cuda:{at}") for at in range(cards)], per_device, calls).devices


def fine(call: int, attempt: int, device: str) -> None:
    return None


@pytest.mark.parametrize("per_device", [1, 2])
@pytest.mark.parametrize("folds", range(1, 9))
@pytest.mark.parametrize("cards", range(1, 5))
def test_every_card_is_used_and_none_twice_as_much_as_another(cards: int, folds: int, per_device: int) -> None:
    devices = places(cards, per_device, folds)
    assert len(set(devices)) == min(cards, folds)
    assert max(Counter(devices).values()) <= per_device
    loads = Simulation(devices, [10] * folds, fine).loads
    assert sum(loads.values()) == folds
    # whole folds cannot be divided further: one more than another has, and never two
    assert max(loads.values()) - min(loads.values()) <= 1


@settings(max_examples=50)
@given(
    cards=st.integers(1, 4),
    per_device=st.integers(1, 3),
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=12),
    data=st.data(),
)
def test_all_calls_end_whatever_fails_and_how(
    cards: int, per_device: int, lengths: list[int], data: st.DataObject
) -> None:
    remedies: st.SearchStrategy[Remedy | None] = st.sampled_from(
        [None, None, None, "", "alone", "alone here", "fresh"]
    )
    outcomes = [[data.draw(remedies) for _ in range(2)] for _ in lengths]
    ran = Simulation(
        places(cards, per_device, len(lengths)), lengths, lambda call, attempt, device: outcomes[call][attempt - 1]
    )
    assert sorted(ran.done + ran.lost) == list(range(len(lengths)))
    for call, (first, second) in enumerate(outcomes):
        tried = sum(one == call for one, _ in ran.ran)
        assert tried == (2 if first else 1)
        assert (call in ran.done) == (first is None or (first != "" and second is None))


@settings(max_examples=50)
@given(lengths=st.lists(st.integers(1, 9), min_size=2, max_size=10), cards=st.integers(1, 3))
def test_a_call_that_ran_out_of_memory_is_tried_again_alone_on_its_card_after_the_others(
    lengths: list[int], cards: int
) -> None:
    hungry = {0, len(lengths) - 1}
    ran = Simulation(
        places(cards, 2, len(lengths)),
        lengths,
        lambda call, attempt, device: "alone" if call in hungry and attempt == 1 else None,
    )
    assert len(ran.done) == len(lengths)
    assert all(others == 0 for call, attempt, others in ran.beside if call in hungry and attempt == 2)
    where = {call: [device for one, device in ran.ran if one == call] for call in hungry}
    assert all(first == second for first, second in where.values())
    assert {call for call, _ in ran.ran[-len(hungry) :]} == hungry


def test_a_card_whose_memory_was_short_gets_one_call_fewer_at_a_time() -> None:
    # all of equal size: two never fit beside each other, and one failure is enough to know
    ran = Simulation(
        places(1, 2, 6),
        [5, 4, 5, 5, 5, 5],
        lambda call, attempt, device: "alone" if call == 1 and attempt == 1 else None,
    )
    assert max(others for call, _, others in ran.beside if call > 1) == 0
    assert ran.done == [0, 2, 3, 4, 5, 1]


@settings(max_examples=50)
@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=8), workers=st.integers(1, 4))
def test_a_call_whose_process_was_killed_is_tried_again_when_no_other_runs(
    lengths: list[int], workers: int
) -> None:
    ran = Simulation(
        ("",) * workers, lengths, lambda call, attempt, device: "alone here" if call == 0 and attempt == 1 else None
    )
    assert sorted(ran.done) == list(range(len(lengths)))
    assert ran.done[-1] == 0
    assert all(others == 0 for call, attempt, others in ran.beside if call == 0 and attempt == 2)


def test_a_call_that_breaks_its_process_is_tried_next_and_on_another_card() -> None:
    ran = Simulation(
        places(2, 1, 6),
        [1, 3, 3, 3, 3, 3],
        lambda call, attempt, device: "fresh" if call == 0 and attempt == 1 else None,
    )
    assert [device for call, device in ran.ran if call == 0] == ["cuda:0", "cuda:1"]
    assert [call for call, _ in ran.ran].index(0, 1) == 3, "not after all others"
    one_card = Simulation(
        places(1, 1, 3), [1, 1, 1], lambda call, attempt, device: "fresh" if attempt == 1 else None
    )
    assert [call for call, _ in one_card.ran] == [0, 0, 1, 1, 2, 2]


def test_a_broken_card_loses_no_call_and_is_left_out_after_two() -> None:
    ran = Simulation(
        places(2, 1, 20), [9] * 20, lambda call, attempt, device: "fresh" if device == "cuda:0" else None
    )
    assert len(ran.done) == 20
    assert ran.schedule.excluded == {"cuda:0"}
    assert ran.loads["cuda:0"] <= 4


def test_broken_calls_do_not_cost_a_card() -> None:
    ran = Simulation(places(3, 1, 12), [2] * 12, lambda call, attempt, device: "fresh" if call < 4 else None)
    assert sorted(ran.lost) == [0, 1, 2, 3]
    assert ran.schedule.excluded == frozenset()


def test_the_last_card_is_never_left_out() -> None:
    ran = Simulation(places(2, 1, 30), [1] * 30, lambda call, attempt, device: "fresh" if attempt == 1 else None)
    assert len(ran.done) == 30
    assert len(ran.schedule.excluded) <= 1
