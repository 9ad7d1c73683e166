"""Beats of a record that nobody has annotated, found by the detector of the wfdb package."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evenhand.base.errors import DataError
from evenhand.modalities.beats.header import Head
from evenhand.modalities.beats.marks import Marks
from evenhand.modalities.beats.wfdb_files import Files, find_beats, read_signals

UNKNOWN = ""
"""Symbol of a beat that was detected and has no class."""
_SEARCH_S = 0.08


def detected(files: Files, head: Head, signals: Sequence[int]) -> Marks:
    """Return the beats that wfdb's XQRS detector finds in the first of the chosen signals.

    Raises
    ------
    DataError
        If the signal cannot be read, or no beat is found.
    """
    values = read_signals(files, head, signals[:1])[0]
    values = np.nan_to_num(values - np.nanmedian(values))
    at = np.unique(_on_peak(values, find_beats(values, head.rate), head.rate))
    if not len(at):
        raise DataError("has no annotations, and no heartbeat was found in its signals")
    return Marks(at, np.full(len(at), UNKNOWN, dtype=object), np.zeros(len(at), dtype=bool))


def _on_peak(values: np.ndarray, at: np.ndarray, rate: float) -> np.ndarray:
    """Return positions moved to the largest deviation within `_SEARCH_S` seconds."""
    half = max(1, round(_SEARCH_S * rate))
    padded = np.pad(np.abs(values), half)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)[at]
    return np.asarray(at + around.argmax(axis=1) - half)
