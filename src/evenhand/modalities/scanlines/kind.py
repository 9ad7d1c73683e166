"""Scan lines as a kind of data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from evenhand.base.settings.section import Section
from evenhand.base.storage.code_hash import source_mark
from evenhand.base.values import Finding, Floats, Ints, Mask, Samples
from evenhand.data.config import DataConfig
from evenhand.data.roots.root import Root
from evenhand.data.store.entry import StoreEntry
from evenhand.data.tables.samples import file_samples, unlabelled_samples
from evenhand.modalities import KINDS, FileRows
from evenhand.modalities.counters import Counter
from evenhand.modalities.kind import Demo
from evenhand.modalities.references import ReferenceFeatures
from evenhand.modalities.scanlines.config import ScanLinesConfig
from evenhand.modalities.scanlines.demo import write_demo
from evenhand.modalities.scanlines.example import write_example
from evenhand.modalities.scanlines.features.line_statistics import NAMES, blank_scans, line_statistics
from evenhand.modalities.scanlines.features.minirocket import minirocket, require_aeon
from evenhand.modalities.scanlines.features.same_scans import copied_scans, derived_scans
from evenhand.modalities.scanlines.features.wrapping import wrapping
from evenhand.modalities.scanlines.options import ENCODER_OPTIONS
from evenhand.modalities.scanlines.picture import data_uri
from evenhand.modalities.scanlines.profiles import PROFILES
from evenhand.modalities.scanlines.reading import read
from evenhand.modalities.scanlines.reading.encode import COUNTED, encode
from evenhand.modalities.scanlines.reading.line_stream import LineStream


class ScanLines(FileRows):
    """Scans of a microscope: lines in the order of time, see `reading.encode`."""

    name = "scanlines"
    suffixes: Sequence[str] = read.SUFFIXES
    config: type[Section] = ScanLinesConfig
    torch_module = "evenhand.modalities.scanlines.torch_half"
    encoder = "scan_cnn2d"
    tune = "all"
    profiles: Sequence[str] = tuple(PROFILES)
    view_profile = "gentle"
    sequence: Sequence[str] = ("lines", "mask", "steps")
    counters: Sequence[Counter] = COUNTED
    encoder_options: Mapping[str, type[Section]] = ENCODER_OPTIONS

    def __init__(self, reads: ScanLinesConfig | None = None) -> None:
        # Without a section, of whatever channel there is.
        self._reads = {**ScanLinesConfig().plain(), "channel": ""} if reads is None else reads.plain()

    def configured(self, kind_config: ScanLinesConfig) -> Self:
        """Return the kind whose facts and pictures are of the channel that the section names."""
        return type(self)(kind_config)

    def samples(self, root: Root, data: DataConfig, kind_config: ScanLinesConfig) -> tuple[Samples, list[Finding]]:
        if kind_config.minirocket:
            require_aeon()  # said before anything is trained
        return file_samples(root, data, kind=self.name, suffixes=self.suffixes)

    def unlabelled(
        self, root: Root, data: DataConfig, kind_config: ScanLinesConfig
    ) -> tuple[Samples, list[Finding]]:
        """Return every scan below a root, without classes, for prediction."""
        return unlabelled_samples(root, kind=self.name, suffixes=self.suffixes)

    def settings(self, kind_config: ScanLinesConfig, size: int | None) -> dict[str, Any]:
        code = source_mark(read.__name__, encode.__module__, within=__package__)
        stored = {name: value for name, value in kind_config.plain().items() if name != "minirocket"}
        return {"kind": self.name, "code": code, **stored}

    def encode(self, raw: bytes, settings: Mapping[str, Any]) -> dict[str, np.ndarray[Any, Any]]:
        return dict(encode(read.read_scan(raw, settings), settings))

    def stream(self, settings: Mapping[str, Any], planned: int | None) -> LineStream:
        """Return a reader of scan lines as text, a list of numbers each."""
        return LineStream(settings, planned)

    def copies(self, entry: StoreEntry, rows: Ints) -> list[Ints]:
        return copied_scans(entry, rows)

    def families(self, entry: StoreEntry, rows: Ints) -> list[Ints]:
        return derived_scans(entry, rows)

    def wrapping(self, entry: StoreEntry, rows: Ints, facts: pd.DataFrame) -> Mapping[str, Floats]:
        """Return number of lines, size and scale, header and length of the file."""
        return wrapping(entry, rows, facts)

    def traits(self, entry: StoreEntry, rows: Ints) -> pd.DataFrame:
        """Return the same spectra and similarities under names."""
        return pd.DataFrame(line_statistics(entry, rows).astype(np.float32), columns=list(NAMES))

    def blank(self, entry: StoreEntry, rows: Ints) -> tuple[str, Mask]:
        """Return which scans hold nothing but lines of one value."""
        return "every line has one value, or was not scanned", blank_scans(entry, rows)

    def floor_features(self, entry: StoreEntry, rows: Ints, facts: pd.DataFrame) -> tuple[str, Floats]:
        """Return spectra and similarities of lines."""
        return "spectra and line statistics", line_statistics(entry, rows)

    def references(self, entry: StoreEntry, rows: Ints) -> Sequence[ReferenceFeatures]:
        """Return MiniRocket, if the section asks for it."""
        return (ReferenceFeatures("MiniRocket", minirocket(entry, rows)),) if self._reads["minirocket"] else ()

    def input_moments(self, entry: StoreEntry, rows: Ints) -> Mapping[str, Floats]:
        """Return those of the heights; 0 and 1 where reading made them so."""
        made = np.tile([0.0, 1.0], (len(rows), 1, 1))
        held = np.asarray(entry["heights"][rows], np.float64) if "heights" in entry else made
        names = ("forward heights", "backward heights")
        return {name: held[:, c] for c, name in zip(range(held.shape[1]), names, strict=False)}

    def facts(self, raw: bytes) -> dict[str, Any]:
        return read.facts(raw, self._reads)

    def picture(self, raw: bytes, side: int) -> str:
        return data_uri(read.read_scan(raw, self._reads), side, self._reads["flatten"])

    def demo(self, folder: Path) -> Demo:
        return write_demo(folder)

    def example(self, rng: np.random.Generator, rows: int, folder: Path) -> Path:
        return write_example(rng, rows, folder)


KINDS.register("scanlines")(ScanLines())
