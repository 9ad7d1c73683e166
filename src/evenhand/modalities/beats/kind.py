"""Heartbeats as a kind of data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.settings.section import Section
from evenhand.base.values import Finding, Floats, Ints, Samples
from evenhand.data.config import DataConfig
from evenhand.data.roots.file_root import FileRoot
from evenhand.data.roots.root import Root, open_root
from evenhand.data.store.entry import StoreEntry
from evenhand.modalities import KINDS
from evenhand.modalities.beats.annotation_writer import annotation_file, symbols_of, write_annotations
from evenhand.modalities.beats.config import BeatsConfig
from evenhand.modalities.beats.contents import contents
from evenhand.modalities.beats.draft_config import draft
from evenhand.modalities.beats.example.records import write_example
from evenhand.modalities.beats.features.rr_features import names
from evenhand.modalities.beats.picture import drawn, picture
from evenhand.modalities.beats.profiles import PROFILES
from evenhand.modalities.beats.reading.counted import COUNTED, counted
from evenhand.modalities.beats.reading.read import RecordReader, settings_of
from evenhand.modalities.beats.reading.rows import beat_samples, unlabelled_beats
from evenhand.modalities.beats.reading.wfdb_files import RecordFiles, read_head
from evenhand.modalities.beats.windows.window_files import SUFFIXES
from evenhand.modalities.beats.windows.window_rows import (
    WindowReader,
    opened,
    unlabelled_windows,
    window_files,
    window_samples,
)
from evenhand.modalities.beats.wrapping import wrapping
from evenhand.modalities.counters import Counter
from evenhand.modalities.kind import Draft, KindDefaults, Reader


class Beats(KindDefaults):
    """Heartbeats: windows around the R peak, rhythm features and neighbouring beats; see `RecordReader`."""

    name = "beats"
    suffixes: Sequence[str] = (".hea",)
    config: type[Section] = BeatsConfig
    torch_module = "evenhand.modalities.beats.torch_half"
    profiles: Sequence[str] = tuple(PROFILES)
    view_profile = "gentle"
    encoder = "resnet1d"
    tune = "all"
    shown: Sequence[str] = ("record", "sample", "seconds", "symbol")
    counters: Sequence[Counter] = COUNTED

    def samples(self, root: Root, data: DataConfig, kind_config: BeatsConfig) -> tuple[Samples, list[Finding]]:
        windows = window_files(root, data.table)
        return (
            window_samples(root, windows, data, kind_config) if windows else beat_samples(root, data, kind_config)
        )

    def unlabelled(self, root: Root, data: DataConfig, kind_config: BeatsConfig) -> tuple[Samples, list[Finding]]:
        """Return every beat of every record, or every window, unlabelled, for prediction."""
        windows = window_files(root, None)
        return unlabelled_windows(root, windows, kind_config) if windows else unlabelled_beats(root, kind_config)

    def settings(self, kind_config: BeatsConfig, size: int | None) -> dict[str, Any]:
        return settings_of(kind_config)

    def reader(self, root: Root, frame: pd.DataFrame, settings: Mapping[str, Any]) -> Reader:
        records = str(frame["path"].iloc[0]).endswith(".hea")
        return (RecordReader if records else WindowReader)(root, frame, settings)

    def facts_of(self, root: Root, path: str) -> dict[str, Any]:
        if not path.endswith(".hea"):
            shape = opened(root, path, BeatsConfig().max_samples).signal.shape
            return {"windows": shape[0], "signals": shape[1], "samples": shape[2]}
        head = read_head(RecordFiles(root, path.removesuffix(".hea")), BeatsConfig().max_samples)
        return {
            "rate_hz": head.rate,
            "seconds": head.length / head.rate,
            "signals": len(head.leads),
            "leads": "+".join(head.leads),
            "units": "+".join(dict.fromkeys(head.units)),
            "coding": "+".join(dict.fromkeys(head.formats)),
        }

    def counted(self, entry: StoreEntry, rows: Ints, facts: pd.DataFrame, kind_config: BeatsConfig) -> Ints | None:
        """Return what the headers of the records tell of the options that acted."""
        return counted(facts, kind_config)

    def wrapping(self, entry: StoreEntry, rows: Ints, facts: pd.DataFrame) -> Mapping[str, Floats]:
        """Return length, leads, units and format of the recording."""
        return wrapping(facts)

    def input_moments(self, entry: StoreEntry, rows: Ints) -> Mapping[str, Floats]:
        """Return those of each lead within the window."""
        signal = np.asarray(entry["signal"][rows], dtype=np.float32)
        held = np.stack([signal.mean(axis=2), signal.std(axis=2)], axis=2).astype(np.float64)
        return {f"lead {c + 1}": held[:, c] for c in range(held.shape[1])}

    def floor_features(self, entry: StoreEntry, rows: Ints, facts: pd.DataFrame) -> tuple[str, Floats] | None:
        """Return the RR intervals around each beat; None for windows cut elsewhere."""
        if "rate_hz" not in facts:
            return None
        return "RR intervals", np.asarray(entry["rhythm"][rows], dtype=np.float64)[:, : len(names())]

    def contents(self, root: Root, frame: pd.DataFrame, kind_config: BeatsConfig) -> Sequence[str | DataError]:
        """Return the hash of each record with the number of the beat, or of each window."""
        return contents(root, frame, kind_config)

    def picture_of(self, root: Root, row: Mapping[str, Any], side: int) -> str:
        if str(row["path"]).endswith(".hea"):
            return picture(root, row, side)
        windows = opened(root, str(row["path"]), BeatsConfig().max_samples)
        return drawn(windows.signal[int(row["sample"]), 0], side)

    def draft(self, root: Root) -> Draft:
        return draft(root)

    def alone(self, source: Path) -> Root:
        """Return a root with one record, named with or without the suffix of one of its files."""
        header = source.with_name(f"{source.name}.hea")
        if not header.is_file():
            header = source.with_suffix(".hea")
        if not header.is_file() and source.is_file() and source.suffix.lower() in SUFFIXES:
            return FileRoot(source)
        return FileRoot(header) if header.is_file() else open_root(source)

    def predicted_files(self, frame: pd.DataFrame, folder: Path) -> list[Path]:
        """Return an annotation file for each record."""
        paths = frame["path"].astype(str)
        return (
            [annotation_file(path, folder) for path in paths.unique()] if paths.str.endswith(".hea").all() else []
        )

    def write_predicted(
        self,
        root: Root,
        frame: pd.DataFrame,
        classes: Sequence[str],
        data: DataConfig,
        kind_config: BeatsConfig,
        folder: Path,
    ) -> list[Path]:
        """Write an annotation file for each record, for WFDB programs."""
        if not self.predicted_files(frame, folder):
            return []
        return write_annotations(
            root, frame, symbols_of(classes, data, kind_config), classes, folder, kind_config.max_samples
        )

    def example(self, rng: np.random.Generator, rows: int, folder: Path) -> Path:
        return write_example(rng, rows, folder)


KINDS.register("beats")(Beats())
