from types import SimpleNamespace
from typing import Any

import pytest

from evenhand.base.errors import DataError
from evenhand.modalities.beats.header import head_of


def parsed(**changed: Any) -> SimpleNamespace:
    """Return what wfdb makes of a header of two signals in one file."""
    plain = {
        "fs": 360, "sig_len": 1000, "n_sig": 2, "file_name": ["r.dat", "r.dat"], "fmt": ["212", "212"],
        "samps_per_frame": [1, 1], "skew": [None, None], "byte_offset": [None, None], "sig_name": ["MLII", None],
        "units": ["mV", None],
    }  # fmt: skip
    return SimpleNamespace(**{**plain, **changed})


def test_a_head_holds_what_was_said_with_names_for_all() -> None:
    head = head_of(parsed(), {"r.dat": 3000}, 10_000)
    assert (head.rate, head.length, head.samples) == (360, 1000, 2000)
    assert head.leads == ("MLII", "signal 1")
    assert head.units == ("mV", "mV")


def test_a_length_that_is_not_said_follows_from_the_file() -> None:
    assert head_of(parsed(sig_len=None), {"r.dat": 3000}, 10_000).length == 1000


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"fs": 0}, "says 0 samples per second; 20 to 100,000 can be read"),
        ({"fs": 1e300}, "samples per second"),
        ({"sig_len": 10**12}, "claims 2,000,000,000,000 samples; beats.max_samples = 10,000"),
        ({"samps_per_frame": [10**9, 1]}, "absurd samples per frame or skew"),
        ({"skew": [10**9, 0]}, "absurd samples per frame or skew"),
        ({"file_name": ["/etc/passwd", "r.dat"]}, "lie in '/etc/passwd', which is no file beside it"),
        ({"file_name": ["..", "r.dat"]}, "lie in '..', which is no file beside it"),
        ({"file_name": ["x.dat", "r.dat"]}, "has its signals in x.dat, which is not there"),
        ({"fmt": ["999", "212"]}, "signals in the format 999, which is not read"),
        ({"sig_len": 2000}, "is cut off: r.dat has 3,000 bytes, and its header claims 6,000"),
        ({"byte_offset": [10**6, 0]}, "is cut off"),
        ({"fmt": ["516", "516"], "sig_len": None}, "does not say how long its signals are"),
    ],
)
def test_absurd_figures_are_refused_unread(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(DataError, match=says):
        head_of(parsed(**changed), {"r.dat": 3000}, 10_000)
