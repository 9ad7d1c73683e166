"""Encoding of beats: a record is read, resampled, filtered and cut once for all of its beats."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.storage.code_hash import source_mark
from evenhand.data.roots.root import Root
from evenhand.modalities.beats.config import BeatsConfig
from evenhand.modalities.beats.features.rr_features import intervals, near, rhythm
from evenhand.modalities.beats.features.signal import clean, ratio, typical_size, windows
from evenhand.modalities.beats.features.template_similarity import likeness
from evenhand.modalities.beats.reading.beat_positions import UNKNOWN, annotated, annotated_or_detected
from evenhand.modalities.beats.reading.leads import choose
from evenhand.modalities.beats.reading.wfdb_files import RecordFiles, read_head, read_signals

READERS = (
    "evenhand.modalities.beats.reading.rows",
    "evenhand.modalities.beats.windows.window_rows",
    "evenhand.data.wfdb_calls",
)
"""Modules whose code determines the encoded bytes, with all that they import from this package."""
DECIDING = (
    "annotator", "leads", "sampling_rate", "band", "window", "normalise", "neighbours", "max_samples",
)  # fmt: skip
"""Keys of [beats] that determine the encoded bytes, beside the symbols of the mapping."""
_TYPICAL_MS = 80.0
_AT_HAND = 64

BeatRows = dict[str, npt.NDArray[Any]]


def settings_of(kind_config: BeatsConfig) -> dict[str, Any]:
    """Return everything that determines the encoded bytes, as plain values.

    Of the mapping only the symbols count (which annotations are beats, and so neighbours), not the classes: another
    grouping of symbols must not encode the data again.
    """
    plain = kind_config.plain()
    symbols = sorted(symbol for listed in kind_config.mapping.values() for symbol in listed)
    settings = {key: plain[key] for key in DECIDING}
    return {
        "kind": "beats",
        "code": source_mark(*READERS, within="evenhand.modalities.beats"),
        **settings,
        "symbols": symbols,
    }


def config_of(settings: Mapping[str, Any]) -> BeatsConfig:
    """Return a section with these settings; all symbols are in one class."""
    return BeatsConfig(**{key: settings[key] for key in DECIDING}, mapping={"any": list(settings["symbols"])})


class RecordReader:
    """Encodes beats; a record is encoded once for all of its beats, by the first thread that needs it.

    Parameters
    ----------
    root
        Root of the records.
    frame
        n rows made by `beat_samples`; those of one record are consecutive.
    settings
        Result of `settings_of`.
    """

    def __init__(self, root: Root, frame: pd.DataFrame, settings: Mapping[str, Any]) -> None:
        self._root = root
        self._config = config_of(settings)
        self._sample = frame["sample"].to_numpy(np.int64)
        self._detected = (frame["symbol"] == UNKNOWN).to_numpy()
        paths = frame["path"].astype(str).to_numpy(dtype=object)
        begins = np.flatnonzero(np.append(True, paths[1:] != paths[:-1])[: len(paths)])
        self._ranges = [range(a, b) for a, b in zip(begins, [*begins[1:], len(paths)], strict=True)]
        self._content = [str(frame["content"].iloc[begin]).rpartition(":")[0] for begin in begins]
        self._names = [paths[begin].removesuffix(".hea") for begin in begins]
        self._of_row = np.repeat(np.arange(len(begins)), [len(rows) for rows in self._ranges])
        self._locks = [Lock() for _ in begins]
        self._made: OrderedDict[int, BeatRows | str] = OrderedDict()

    def __call__(self, row: int) -> BeatRows:
        """Return {"signal": (c, t) float32, "rhythm": (d,) float32, "near": (2m + 1,) int32} of one beat.

        Raises
        ------
        DataError
            If its record cannot be read.
        """
        record = int(self._of_row[row])
        made = self._record(record)
        if isinstance(made, str):
            raise DataError(made)
        rows = self._ranges[record]
        if row == rows.stop - 1:  # the last one: rows of a record are asked for in order, by one thread
            self._made.pop(record, None)
        return {name: values[row - rows.start] for name, values in made.items()}

    def _record(self, record: int) -> BeatRows | str:
        # Without a lock: most rows find their record here.
        made = self._made.get(record)
        if made is not None:
            return made
        with self._locks[record]:  # one lock per record: other records are encoded meanwhile
            if record not in self._made:
                self._made[record] = made = self._tried(record)
                while len(self._made) > _AT_HAND:
                    self._made.popitem(last=False)
                return made
            return self._made[record]

    def _tried(self, record: int) -> BeatRows | str:
        try:
            return self._encoded(record)
        except DataError as error:
            return str(error)

    def _encoded(self, record: int) -> BeatRows:
        """Return the rows of one record: name -> (b, ...) array."""
        config, rows = self._config, self._ranges[record]
        files = RecordFiles(self._root, self._names[record])
        head = read_head(files, config.max_samples)
        chosen = choose(head.leads, config.alternatives)
        if isinstance(chosen, str):
            raise DataError(f"has no lead {chosen}")
        find = annotated_or_detected(config) if self._detected[rows.start] else annotated(config)
        marks = find(files, head, self._content[record])
        places = np.searchsorted(marks.peaks, self._sample[rows.start : rows.stop])
        if not np.array_equal(
            marks.peaks[np.minimum(places, len(marks.peaks) - 1)], self._sample[rows.start : rows.stop]
        ):
            raise DataError("has different beats than when it was listed: its files have changed")
        at_s = marks.peaks / head.rate
        cut = self._windows(files, head.rate, read_signals(files, head, chosen.signals), marks.peaks)
        peak = round(config.window[0] * config.sampling_rate / 1000)
        # Neighbours and similarity use every beat of the record, also those without a class: they are in its
        # rhythm.
        alike = likeness(cut, intervals(at_s, marks.apart)[:-1], peak, config.sampling_rate)
        return {
            "signal": cut[places],
            "rhythm": np.concatenate([rhythm(at_s, marks.apart), alike], axis=1)[places],
            "near": near(len(rows), config.neighbours, start=rows.start),
        }

    def _windows(
        self, files: RecordFiles, rate: float, values: npt.NDArray[np.float64], at: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float32]:
        """Return (b, c, t) float32 around every beat of the record."""
        config = self._config
        wanted = config.sampling_rate
        cleaned = clean(values, rate, wanted, config.band)
        up, down = ratio(rate, wanted)
        peaks = np.round(at * (up / down)).astype(np.int64)
        if config.normalise == "record":
            cleaned = cleaned / typical_size(cleaned, peaks, round(_TYPICAL_MS * wanted / 1000))[:, None]
        before, after = (round(ms * wanted / 1000) for ms in config.window)
        return windows(cleaned, peaks, before, after)
