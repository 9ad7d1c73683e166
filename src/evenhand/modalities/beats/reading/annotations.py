"""The beats of a record: where they are, what they were called, and which intervals between them are no RR."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.modalities.beats.classes import BEATS, FLUTTER


@dataclass(frozen=True, eq=False)
class Marks:
    """Every heartbeat of one record, in order, those of no class among them.

    Attributes
    ----------
    peaks
        (b,) int64 sample numbers of the R peaks, each once.
    symbols
        (b,) str.
    apart
        (b,) bool, whether something lies between a beat and the one before it that makes their distance no RR.
    outside
        Beats that lay beyond the signals, or at the place of another, and were left out.
    clock
        Samples per second that their annotations count in, where those say so.
    """

    peaks: npt.NDArray[np.int64]
    symbols: npt.NDArray[Any]
    apart: npt.NDArray[np.bool_]
    outside: int = 0
    clock: float | None = None


def beats_among(
    at: npt.NDArray[np.int64],
    symbols: npt.NDArray[Any],
    length: int,
    kinds: Collection[str] = BEATS,
    *,
    clock: float | None = None,
) -> Marks:
    """Return the beats among annotations.

    Parameters
    ----------
    at, symbols
        (a,) annotations in order, at samples of the signals.
    length
        Samples of the record.
    kinds
        Symbols that are beats.
    clock
        Samples per second that the annotations were counted in, where their file says so.
    """
    beat = np.array([symbol in kinds for symbol in symbols], dtype=bool)
    inside = (at >= 0) & (at < length)
    first = np.ones(len(at), dtype=bool)
    places = at[beat & inside]
    first[np.flatnonzero(beat & inside)[1:]] = np.diff(places) > 0
    keep = beat & inside & first
    episode = np.cumsum(np.isin(symbols.astype(str), [*FLUTTER, *FLUTTER.values()]))[keep]
    apart = np.diff(episode, prepend=episode[:1]) > 0
    return Marks(at[keep], symbols[keep], apart, int((beat & ~keep).sum()), clock)
