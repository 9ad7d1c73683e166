"""Heartbeats as a kind of data: the doors that every kind has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.config import Section
from evenhand.base.values import Finding, Samples
from evenhand.data.alone import FileRoot
from evenhand.data.config import DataConfig
from evenhand.data.root import Root, open_root
from evenhand.modalities import KINDS
from evenhand.modalities.beats.config import BeatsConfig
from evenhand.modalities.beats.draft import draft
from evenhand.modalities.beats.example import write_example
from evenhand.modalities.beats.picture import picture
from evenhand.modalities.beats.read import RecordReader, settings_of
from evenhand.modalities.beats.rows import beat_samples, unlabelled_beats
from evenhand.modalities.beats.wfdb_files import Files, read_head
from evenhand.modalities.beats.written import symbols_of, write_annotations
from evenhand.modalities.kind import Draft, Reader


class Beats:
    """Heartbeats cut around the R peak, with their rhythm and their neighbours; see `RecordReader`."""

    name = "beats"
    suffixes: Sequence[str] = (".hea",)
    config: type[Section] = BeatsConfig
    augment_module = "evenhand.modalities.beats.augment"
    models_module = "evenhand.modalities.beats.models"
    encoder = "resnet1d"
    tune = "all"
    shown: Sequence[str] = ("record", "sample", "seconds", "symbol")

    def samples(self, root: Root, data: DataConfig, own: BeatsConfig) -> tuple[Samples, list[Finding]]:
        return beat_samples(root, data, own)

    def unlabelled(self, root: Root, own: BeatsConfig) -> tuple[Samples, list[Finding]]:
        """Return every beat of every record, without classes, for prediction."""
        return unlabelled_beats(root, own)

    def settings(self, own: BeatsConfig, size: int | None) -> dict[str, Any]:
        return settings_of(own)

    def reader(self, root: Root, frame: pd.DataFrame, settings: Mapping[str, Any]) -> Reader:
        return RecordReader(root, frame, settings)

    def facts_of(self, root: Root, path: str) -> dict[str, Any]:
        head = read_head(Files(root, path.removesuffix(".hea")), BeatsConfig().max_samples)
        return {
            "rate_hz": head.rate,
            "seconds": head.length / head.rate,
            "signals": len(head.leads),
            "leads": "+".join(head.leads),
            "units": "+".join(dict.fromkeys(head.units)),
            "coding": "+".join(dict.fromkeys(head.formats)),
        }

    def picture_of(self, root: Root, row: Mapping[str, Any], side: int) -> str:
        return picture(root, row, side)

    def draft(self, root: Root) -> Draft:
        return draft(root)

    def alone(self, source: Path) -> Root:
        """Return the root that holds one record, named with or without the ending of one of its files."""
        header = source.with_name(f"{source.name}.hea")
        if not header.is_file():
            header = source.with_suffix(".hea")
        return FileRoot(header) if header.is_file() else open_root(source)

    def write_predicted(
        self,
        root: Root,
        frame: pd.DataFrame,
        classes: Sequence[str],
        data: DataConfig,
        own: BeatsConfig,
        folder: Path,
    ) -> list[Path]:
        """Write an annotation file for each record, which WFDB programs open."""
        return write_annotations(root, frame, symbols_of(classes, data, own), classes, folder)

    def example(self, rng: np.random.Generator, rows: int, folder: Path) -> Path:
        return write_example(rng, rows, folder)


KINDS.register("beats")(Beats())
