"""Cards that a process sees, and workers dealt over them."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.engines.placement import PLACED, VISIBLE, Place, card_place, deal, has_driver, visible_cards


@pytest.mark.parametrize(
    ("value", "cards"),
    [
        ("0,1", ("0", "1")),
        ("3", ("3",)),
        (" 2 , 0 ", ("2", "0")),
        ("", ()),
        ("٣", ()),
        ("-1", ()),
        ("NoDevFiles", ()),
        ("0,-1,1", ("0",)),
        ("1,1", ()),
        ("GPU-8932f937-d72c,GPU-4c1c", ("GPU-8932f937-d72c", "GPU-4c1c")),
        ("GPU-8932f937,0", ("GPU-8932f937",)),
        ("MIG-7f6a,MIG-GPU-8932/1/0", ("MIG-7f6a", "MIG-GPU-8932/1/0")),
    ],
)
def test_visible_cards_are_read_as_cuda_reads_them(value: str, cards: tuple[str, ...]) -> None:
    assert visible_cards({VISIBLE: value}) == cards


def test_without_the_variable_all_cards_are_visible() -> None:
    assert visible_cards({}) is None
    assert card_place(2, None) == Place("cuda:2", {VISIBLE: "2", PLACED: "cuda:2"})


def test_a_card_keeps_the_name_that_the_user_gave() -> None:
    assert card_place(1, ("3", "0")).environment == {VISIBLE: "0", PLACED: "cuda:1"}
    assert card_place(0, ("GPU-8932f937",)).environment[VISIBLE] == "GPU-8932f937"
    with pytest.raises(IndexError):
        card_place(1, ("3",))


@given(st.integers(1, 8), st.integers(1, 4), st.integers(0, 40))
def test_cards_are_dealt_evenly(cards: int, per_device: int, calls: int) -> None:
    found = deal([Place(f"cuda:{at}") for at in range(cards)], per_device, calls)
    assert found.workers == len(found.places) == min(calls, cards * per_device)
    loads = Counter(found.devices)
    assert len(loads) == min(cards, calls)
    assert not loads or max(loads.values()) - min(loads[f"cuda:{at}"] for at in range(cards)) <= 1


def test_a_build_of_torch_for_the_cpu_needs_no_look_at_drivers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("ctypes.CDLL", lambda name: None)
    monkeypatch.setattr("importlib.metadata.version", lambda name: "2.11.0+cu130")
    assert has_driver()
    monkeypatch.setattr("importlib.metadata.version", lambda name: "2.11.0+cpu")
    assert not has_driver()
