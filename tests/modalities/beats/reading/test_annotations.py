import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evenhand.modalities.beats.classes import AAMI, BEATS, class_of
from evenhand.modalities.beats.reading.annotations import beats_among


def among(*marks: tuple[int, str], length: int = 1000) -> object:
    at = np.array([at for at, _ in marks], dtype=np.int64)
    return beats_among(at, np.array([symbol for _, symbol in marks], dtype=object), length)


def test_rhythm_notes_and_flutter_waves_are_no_beats() -> None:
    found = among((1, "+"), (10, "N"), (20, "!"), (30, "~"), (40, "|"), (50, "V"), (60, '"'), (70, "x"))
    assert found.peaks.tolist() == [10, 50]
    assert list(found.symbols) == ["N", "V"]


def test_an_interval_across_flutter_is_no_rr() -> None:
    found = among((10, "N"), (20, "N"), (30, "["), (40, "!"), (50, "]"), (60, "N"), (70, "N"))
    assert found.peaks.tolist() == [10, 20, 60, 70]
    assert found.apart.tolist() == [False, False, True, False]


def test_beats_beyond_the_signals_or_at_one_place_are_counted_out() -> None:
    found = among((-5, "N"), (10, "N"), (10, "V"), (1000, "N"))
    assert found.peaks.tolist() == [10]
    assert found.outside == 3


@given(st.lists(st.tuples(st.integers(-10, 110), st.sampled_from("NV+![]~")), max_size=30))
def test_beats_are_in_order_once_and_inside(marks: list[tuple[int, str]]) -> None:
    found = among(*sorted(marks), length=100)
    assert (np.diff(found.peaks) > 0).all()
    assert ((found.peaks >= 0) & (found.peaks < 100)).all()
    assert set(found.symbols) <= BEATS
    assert len(found.apart) == len(found.symbols) == len(found.peaks)
    assert len(found.peaks) + found.outside == sum(symbol in BEATS for _, symbol in marks)


def test_the_mapping_is_that_of_ec57() -> None:
    of = class_of(AAMI)
    assert {symbol for symbol, name in of.items() if name == "N"} == set("NLRej")
    assert {symbol for symbol, name in of.items() if name == "S"} == set("AaJS")
    assert {symbol for symbol, name in of.items() if name == "V"} == set("VE")
    assert of["F"] == "F"
    assert {symbol for symbol, name in of.items() if name == "Q"} == set("/fQ")
    assert set(of) <= BEATS
