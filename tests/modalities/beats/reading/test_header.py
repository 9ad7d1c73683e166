from dataclasses import replace
from typing import Any

import pytest

from evenhand.base.errors import DataError
from evenhand.modalities.beats.reading.header import checked_header
from evenhand.modalities.beats.reading.header_text import HeaderText, SignalSpec

SIGNAL = SignalSpec("r.dat", "212", "MLII", "mV", 1, 0, 0, "212")


def parsed(*signals: dict[str, Any], rate: float = 360, length: int = 1000) -> HeaderText:
    """Return a header of two signals in one file, of which the first are changed."""
    one, two = [*signals, {}, {}][:2]
    made = (replace(SIGNAL, **one), replace(SIGNAL, **{"lead": "", **two}))
    return HeaderText(rate, length, made)


def test_a_head_holds_what_was_said_with_names_for_all() -> None:
    head = checked_header(parsed(), {"r.dat": 3000}, 10_000)
    assert (head.rate, head.length, head.samples) == (360, 1000, 2000)
    assert head.leads == ("MLII", "signal 1")
    assert head.units == ("mV", "mV")


def test_a_length_that_is_not_said_follows_from_the_file() -> None:
    assert checked_header(parsed(length=0), {"r.dat": 3000}, 10_000).length == 1000


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (parsed(rate=0), "with 0 samples per second; supported are 20 to 100,000"),
        (parsed(rate=1e300), "samples per second"),
        (parsed(length=10**12), "claims 2,000,000,000,000 samples; beats.max_samples = 10,000"),
        (parsed({"per_frame": 10**9}), "absurd samples per frame or skew"),
        (parsed({"skew": 10**9}), "absurd samples per frame or skew"),
        (parsed({"file": "/etc/passwd"}), "are in '/etc/passwd', which is not a file beside it"),
        (parsed({"file": ".."}), "are in '..', which is not a file beside it"),
        (parsed({"file": "x.dat"}), "has its signals in x.dat, which does not exist"),
        (parsed({"form": "999"}), "signals in the format 999, which is not supported"),
        (parsed(length=2000), "is truncated: r.dat has 3,000 bytes, but its header claims 6,000"),
        (parsed({"offset": 10**6}), "is truncated"),
        (parsed({"form": "516"}, {"form": "516"}, length=0), "without the length of its signals"),
    ],
)
def test_absurd_figures_are_refused_unread(found: HeaderText, message: str) -> None:
    with pytest.raises(DataError, match=message):
        checked_header(found, {"r.dat": 3000}, 10_000)


def test_a_length_that_is_not_said_is_that_of_the_shortest_file_without_what_comes_before() -> None:
    found = parsed({"file": "a.dat", "offset": 300}, {"file": "b.dat"}, length=0)
    assert checked_header(found, {"a.dat": 1800, "b.dat": 3000}, 10_000).length == 1000
    streams = parsed({"form": "516"}, {"form": "516"}, length=0)
    assert checked_header(streams, {"r.dat": 3}, 10_000, lambda name: 700).length == 700
