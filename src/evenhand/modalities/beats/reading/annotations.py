"""The beats of a record: their samples, their symbols, and which intervals between them are not RR intervals."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.modalities.beats.classes import BEATS, FLUTTER


@dataclass(frozen=True, eq=False)
class Marks:
    """Every heartbeat of one record, in order, including those without a class.

    Attributes
    ----------
    peaks
        (b,) int64 sample numbers of the R peaks, unique.
    symbols
        (b,) str.
    apart
        (b,) bool, whether the distance to the beat before is not an RR interval, because of an episode in between.
    outside
        Number of beats that were left out: beyond the signals, or at the sample of another.
    clock
        Samples per second of their annotation file, if it says so.
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
        Symbols of beats.
    clock
        Samples per second of the annotation file, if it says so.
    """
    beat = np.array([symbol in kinds for symbol in symbols], dtype=bool)
    inside = (at >= 0) & (at < length)
    first = np.ones(len(at), dtype=bool)
    places = at[beat & inside]
    first[np.flatnonzero(beat & inside)[1:]] = np.diff(places) > 0
    keep = beat & inside & first
    # The number of episode marks so far: two beats are apart if any mark lies between them.
    episode = np.cumsum(np.isin(symbols.astype(str), [*FLUTTER, *FLUTTER.values()]))[keep]
    apart = np.diff(episode, prepend=episode[:1]) > 0
    return Marks(at[keep], symbols[keep], apart, int((beat & ~keep).sum()), clock)
