"""Finding the beats of a record: in its annotations, or by a detector; cached per process."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np
from cachetools import LRUCache, cached
from cachetools.keys import hashkey

from evenhand.base.errors import DataError
from evenhand.modalities.beats.classes import BEATS, class_of
from evenhand.modalities.beats.config import BeatsConfig
from evenhand.modalities.beats.reading.annotations import Marks, beats_among
from evenhand.modalities.beats.reading.header import RecordHeader
from evenhand.modalities.beats.reading.leads import choose
from evenhand.modalities.beats.reading.records import BeatFinder
from evenhand.modalities.beats.reading.wfdb_files import RecordFiles, find_beats, read_annotations, read_signals

UNKNOWN = ""
"""Symbol of a detected beat, which has no class."""
_SEARCH_S = 0.08


def detected(files: RecordFiles, head: RecordHeader, signals: Sequence[int]) -> Marks:
    """Return the beats that wfdb's XQRS detector finds in the first of the chosen signals.

    Raises
    ------
    DataError
        If the signal cannot be read, or no beat is detected.
    """
    values = read_signals(files, head, signals[:1])[0]
    # the detector takes no NaN: gaps lie at the level of the median
    values = np.nan_to_num(values - np.nanmedian(values))
    at = np.unique(_on_peak(values, find_beats(values, head.rate), head.rate))
    if not len(at):
        raise DataError("has no annotations, and no heartbeat was detected in its signals")
    return Marks(at, np.full(len(at), UNKNOWN, dtype=object), np.zeros(len(at), dtype=bool))


def _on_peak(values: np.ndarray, at: np.ndarray, rate: float) -> np.ndarray:
    """Return positions moved to the largest deviation within `_SEARCH_S` seconds: XQRS finds QRS, not R peaks."""
    half = max(1, round(_SEARCH_S * rate))
    padded = np.pad(np.abs(values), half)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)[at]
    return np.asarray(at + around.argmax(axis=1) - half)


_FOUND: LRUCache[Any, Marks] = LRUCache(4096)
_LOCK = Lock()


def annotated(kind_config: BeatsConfig) -> BeatFinder:
    """Return a function that finds the beats of a record in its annotations."""
    kinds = BEATS | set(class_of(kind_config.mapping))

    def find(files: RecordFiles, head: RecordHeader, content: str) -> Marks:
        @cached(_FOUND, key=lambda: hashkey("annotated", content, kind_config.annotator, kinds), lock=_LOCK)
        def read() -> Marks:
            found = read_annotations(files, kind_config.annotator, head.rate)
            return beats_among(found.at, found.symbols, head.length, kinds, clock=found.clock)

        return read()

    return find


def annotated_or_detected(kind_config: BeatsConfig) -> BeatFinder:
    """Return a function that finds the beats of a record in its annotations or, without any, in its signals."""
    marked = annotated(kind_config)

    def find(files: RecordFiles, head: RecordHeader, content: str) -> Marks:
        if files.has(f"{files.stem}.{kind_config.annotator}"):
            found = marked(files, head, content)
            if len(found.peaks):
                return found
        chosen = choose(head.leads, kind_config.alternatives)
        if isinstance(chosen, str):
            raise DataError(f"has no lead {chosen}")
        signals = chosen.signals

        @cached(_FOUND, key=lambda: hashkey("detected", content, signals), lock=_LOCK)
        def search() -> Marks:
            return detected(files, head, signals)

        return search()

    return find
