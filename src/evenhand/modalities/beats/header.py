"""What the header of a WFDB record says, checked before anything is read by it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evenhand.base.errors import DataError

BYTES_PER_SAMPLE: Mapping[str, float] = {
    "8": 1, "16": 2, "24": 3, "32": 4, "61": 2, "80": 1, "160": 2, "212": 1.5, "310": 4 / 3, "311": 4 / 3,
}  # fmt: skip
"""Signal formats of a fixed size -> bytes per sample (WFDB's header(5) and signal(5))."""
FLAC = ("508", "516", "524")
"""Signal formats that are FLAC streams."""

_MOST_BYTES = 1 << 20
_MOST_SIGNALS = 256
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


def check_text(raw: bytes) -> None:
    """Raise `DataError` if bytes are no header of one record, before a parser sees them."""
    if not raw:
        raise DataError("is empty (0 bytes)")
    if len(raw) > _MOST_BYTES or b"\0" in raw:
        raise DataError("is no WFDB header: it is not text, or too long")
    lines = [
        line for line in raw.decode("utf-8", errors="replace").splitlines() if line.strip()[:1] not in ("", "#")
    ]
    fields = lines[0].split() if lines else []
    if not fields or not re.fullmatch(r"[\w-]+(/\d+)?", fields[0]):
        raise DataError("is no WFDB header: it does not begin with the name of a record")
    if "/" in fields[0]:
        raise DataError(
            "is a record of several segments, which are not read: join them (WFDB's xform), or cut them"
        )
    if len(fields) < 2 or not re.fullmatch(r"\d{1,4}", fields[1]) or not 1 <= int(fields[1]) <= _MOST_SIGNALS:
        found = fields[1] if len(fields) > 1 else "nothing"
        raise DataError(f"has a header that counts its signals as {found[:20]!r}; 1 to {_MOST_SIGNALS} are read")
    if len(lines) - 1 != int(fields[1]):
        raise DataError(f"has a header that names {fields[1]} signals and describes {len(lines) - 1}")


def head_of(found: Any, sizes: Mapping[str, int], most: int) -> Head:
    """Return what WFDB's parser made of a header, checked.

    Parameters
    ----------
    found
        A `wfdb.Record` without signals.
    sizes
        Bytes of the files beside the header.
    most
        Samples over all signals above which nothing is read.

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
    length = int(found.sig_len or 0) or _implied(found, sizes)
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


def _implied(found: Any, sizes: Mapping[str, int]) -> int:
    """Return the length of a record whose header does not say it, by its first file."""
    form, name = found.fmt[0], found.file_name[0]
    if form in FLAC:
        raise DataError("has a header that does not say how long its signals are")
    frame = sum(
        per * BYTES_PER_SAMPLE[form]
        for per, own in zip(found.samps_per_frame, found.file_name, strict=True)
        if own == name
    )
    return int(sizes[name] // frame)


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
