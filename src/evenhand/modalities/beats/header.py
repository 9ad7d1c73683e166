"""What the header of a WFDB record says, checked before anything is read by it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from evenhand.base.errors import DataError

BYTES_PER_SAMPLE: Mapping[str, float] = {
    "8": 1, "16": 2, "24": 3, "32": 4, "61": 2, "80": 1, "160": 2, "212": 1.5, "310": 4 / 3, "311": 4 / 3,
}  # fmt: skip
"""Signal formats of a fixed size -> bytes per sample (WFDB's header(5) and signal(5))."""
FLAC = ("508", "516", "524")
"""Signal formats that are FLAC streams."""

_RATES = (20, 100_000)
_MOST_PER_FRAME = 10_000
_NAME = re.compile(r"[\w.+-]+")


@dataclass(frozen=True)
class Head:
    """What a header says.

    Attributes
    ----------
    rate
        Samples per second.
    length
        T, samples of each signal at that rate.
    leads
        Names of the signals; one without a name is "signal 0".
    files, formats, units
        For each signal.
    """

    rate: float
    length: int
    leads: tuple[str, ...]
    files: tuple[str, ...]
    formats: tuple[str, ...]
    units: tuple[str, ...]

    @property
    def samples(self) -> int:
        """Samples over all signals."""
        return self.length * len(self.leads)


def head_of(
    found: Any, sizes: Mapping[str, int], most: int, stream_length: Callable[[str], int] | None = None
) -> Head:
    """Return what WFDB's parser made of a header, checked.

    Parameters
    ----------
    found
        What a `wfdb.Record` without signals has.
    sizes
        Bytes of the files beside the header.
    most
        Samples over all signals above which nothing is read.
    stream_length
        Name of a file that is a FLAC stream -> its samples, for headers that do not say how many.

    Raises
    ------
    DataError
        If a figure is absurd, a file is named that is not there, or it is too short for what is claimed.
    """
    rate = float(found.fs or 0)
    if not _RATES[0] <= rate <= _RATES[1]:
        raise DataError(
            f"has a header that says {rate:g} samples per second; {_RATES[0]} to {_RATES[1]:,} can be read"
        )
    _check_signals(found, sizes)
    length = int(found.sig_len or 0) or _implied(found, sizes, stream_length)
    if length * sum(found.samps_per_frame) > most:
        raise DataError(f"has a header that claims {length * found.n_sig:,} samples; beats.max_samples = {most:,}")
    _check_sizes(found, length, sizes)
    names = tuple(str(name) if name else f"signal {at}" for at, name in enumerate(found.sig_name))
    units = tuple(str(unit or "mV") for unit in found.units)
    return Head(rate, length, names, tuple(found.file_name), tuple(found.fmt), units)


def _check_signals(found: Any, sizes: Mapping[str, int]) -> None:
    for name, form, per, skew in zip(found.file_name, found.fmt, found.samps_per_frame, found.skew, strict=True):
        if not name or not _NAME.fullmatch(str(name)) or set(str(name)) == {"."}:
            raise DataError(f"has a header whose signals lie in {str(name)[:60]!r}, which is no file beside it")
        if name not in sizes:
            raise DataError(f"has its signals in {name}, which is not there")
        if form not in BYTES_PER_SAMPLE and form not in FLAC:
            raise DataError(f"has signals in the format {str(form)[:20]}, which is not read")
        if not 1 <= int(per or 1) <= _MOST_PER_FRAME or not 0 <= int(skew or 0) <= _MOST_PER_FRAME:
            raise DataError("has a header with absurd samples per frame or skew")


def _implied(found: Any, sizes: Mapping[str, int], stream_length: Callable[[str], int] | None) -> int:
    """Return the length of a record whose header does not say it, by the shortest of its files."""
    lengths = []
    for name in dict.fromkeys(found.file_name):
        own = [at for at, other in enumerate(found.file_name) if other == name]
        if found.fmt[own[0]] in FLAC:
            if stream_length is None:
                raise DataError("has a header that does not say how long its signals are")
            lengths.append(stream_length(name) // int(found.samps_per_frame[own[0]] or 1))
            continue
        frame = sum(int(found.samps_per_frame[at] or 1) * BYTES_PER_SAMPLE[found.fmt[at]] for at in own)
        before = max(int(found.byte_offset[at] or 0) for at in own)
        lengths.append(int(max(0, sizes[name] - before) // frame))
    return min(lengths)


def _check_sizes(found: Any, length: int, sizes: Mapping[str, int]) -> None:
    """Check that no file of a fixed format is shorter than the header claims."""
    if length < 1:
        raise DataError("has no samples")
    for name in dict.fromkeys(found.file_name):
        own = [at for at, other in enumerate(found.file_name) if other == name]
        if found.fmt[own[0]] in FLAC:
            continue
        need = sum(length * found.samps_per_frame[at] * BYTES_PER_SAMPLE[found.fmt[at]] for at in own)
        need += max(int(found.byte_offset[at] or 0) for at in own)
        if sizes[name] + 4 < need:
            raise DataError(f"is cut off: {name} has {sizes[name]:,} bytes, and its header claims {int(need):,}")
