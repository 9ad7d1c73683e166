"""The header of a WFDB record, validated before anything is read according to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from evenhand.base.errors import DataError
from evenhand.data.wfdb_calls import FLAC
from evenhand.modalities.beats.reading.header_text import HeaderText, SignalSpec

BYTES_PER_SAMPLE: Mapping[str, float] = {
    "8": 1, "16": 2, "24": 3, "32": 4, "61": 2, "80": 1, "160": 2, "212": 1.5, "310": 4 / 3, "311": 4 / 3,
}  # fmt: skip
"""Signal formats of a fixed size -> bytes per sample (WFDB's header(5) and signal(5))."""

_RATES = (20, 100_000)
_MOST_PER_FRAME = 10_000
_NAME = re.compile(r"[\w.+-]+")


@dataclass(frozen=True)
class RecordHeader:
    """The content of a header.

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


def checked_header(
    found: HeaderText, sizes: Mapping[str, int], most: int, stream_length: Callable[[str], int] | None = None
) -> RecordHeader:
    """Return the validated content of a header.

    Parameters
    ----------
    found
        Its parsed text.
    sizes
        Name of a file beside the header -> its bytes.
    most
        Most samples over all signals.
    stream_length
        Name of a FLAC stream -> its samples, for headers that do not say how many.

    Raises
    ------
    DataError
        If a number is absurd, or a file is missing or shorter than the header claims.
    """
    rate, signals = found.rate, found.signals
    if not _RATES[0] <= rate <= _RATES[1]:
        raise DataError(
            f"has a header with {rate:g} samples per second; supported are {_RATES[0]} to {_RATES[1]:,}"
        )
    _check_signals(signals, sizes)
    length = found.length or _implied(found, sizes, stream_length)
    if length * sum(signal.per_frame for signal in signals) > most:
        raise DataError(f"has a header that claims {length * len(signals):,} samples; beats.max_samples = {most:,}")
    _check_sizes(found, length, sizes)
    return RecordHeader(
        rate,
        length,
        leads=tuple(signal.lead or f"signal {at}" for at, signal in enumerate(signals)),
        files=found.files,
        formats=tuple(signal.form for signal in signals),
        units=tuple(signal.unit or "mV" for signal in signals),
    )


def _check_signals(signals: Sequence[SignalSpec], sizes: Mapping[str, int]) -> None:
    for signal in signals:
        name, form = signal.file, signal.form
        if not _NAME.fullmatch(name) or set(name) == {"."}:
            raise DataError(f"has a header whose signals are in {name[:60]!r}, which is not a file beside it")
        if name not in sizes:
            raise DataError(f"has its signals in {name}, which does not exist")
        if form not in BYTES_PER_SAMPLE and form not in FLAC:
            raise DataError(f"has signals in the format {form}, which is not supported")
        if not 1 <= signal.per_frame <= _MOST_PER_FRAME or signal.skew > _MOST_PER_FRAME:
            raise DataError("has a header with absurd samples per frame or skew")


def _by_file(found: HeaderText) -> Iterator[tuple[str, list[SignalSpec]]]:
    """Yield the files with their signals."""
    for name in dict.fromkeys(found.files):
        yield name, [signal for signal in found.signals if signal.file == name]


def _implied(found: HeaderText, sizes: Mapping[str, int], stream_length: Callable[[str], int] | None) -> int:
    """Return the length of a record whose header does not give it, from the shortest of its files."""
    lengths = []
    for name, signals in _by_file(found):
        if signals[0].form in FLAC:
            if stream_length is None:
                raise DataError("has a header without the length of its signals")
            lengths.append(stream_length(name) // signals[0].per_frame)
            continue
        frame = sum(signal.per_frame * BYTES_PER_SAMPLE[signal.form] for signal in signals)
        before = max(signal.offset for signal in signals)
        lengths.append(int(max(0, sizes[name] - before) // frame))
    return min(lengths)


def _check_sizes(found: HeaderText, length: int, sizes: Mapping[str, int]) -> None:
    """Raise `DataError` if a file of a fixed-size format is shorter than the header claims."""
    if length < 1:
        raise DataError("has no samples")
    for name, signals in _by_file(found):
        if signals[0].form in FLAC:
            continue
        need = sum(length * signal.per_frame * BYTES_PER_SAMPLE[signal.form] for signal in signals)
        need += max(signal.offset for signal in signals)
        if sizes[name] + 4 < need:  # packed formats (212, 310, 311) may leave out the last, incomplete group
            raise DataError(f"is truncated: {name} has {sizes[name]:,} bytes, but its header claims {int(need):,}")
