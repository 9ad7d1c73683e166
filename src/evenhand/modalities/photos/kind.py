"""Photos as a kind of data."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.settings.section import Section
from evenhand.base.storage.code_hash import source_mark
from evenhand.base.values import Finding, Floats, Ints, Samples
from evenhand.data.config import DataConfig
from evenhand.data.roots.root import Root
from evenhand.data.roots.skipped import Skipped, findings_of
from evenhand.data.store.entry import StoreEntry
from evenhand.data.tables.class_folders import files_with_suffix
from evenhand.data.tables.samples import file_samples, unlabelled_samples
from evenhand.modalities import KINDS, FileRows
from evenhand.modalities.counters import Counter
from evenhand.modalities.kind import Demo
from evenhand.modalities.photos.augmentations.profiles import PROFILES
from evenhand.modalities.photos.config import PhotosConfig
from evenhand.modalities.photos.counted import COUNTED, counted
from evenhand.modalities.photos.demo import write_demo
from evenhand.modalities.photos.example import write_example
from evenhand.modalities.photos.floor import size_and_colour
from evenhand.modalities.photos.reading import read
from evenhand.modalities.photos.reading.open_image import check_bytes
from evenhand.modalities.photos.views import PHOTO_VIEWS
from evenhand.modalities.photos.wrapping import wrapping
from evenhand.modalities.views import View


class Photos(FileRows):
    """Photos and other pictures: (size, size, 3) uint8, RGB."""

    name = "photos"
    suffixes: Sequence[str] = read.SUFFIXES
    config: type[Section] = PhotosConfig
    torch_module = "evenhand.modalities.photos.torch_half"
    encoder = "package:efficientnet-lite0"
    tune = "head"
    test_views: Mapping[str, Sequence[View]] = PHOTO_VIEWS
    pictures = True
    profiles: Sequence[str] = tuple(PROFILES)
    view_profile = "geometry"
    counters: Sequence[Counter] = COUNTED

    def samples(self, root: Root, data: DataConfig, kind_config: PhotosConfig) -> tuple[Samples, list[Finding]]:
        samples, findings = file_samples(root, data, kind=self.name, suffixes=self.suffixes)
        return samples, findings + _unread(root, data)

    def unlabelled(self, root: Root, data: DataConfig, kind_config: PhotosConfig) -> tuple[Samples, list[Finding]]:
        """Return every photo below a root, without classes, for prediction."""
        return unlabelled_samples(root, kind=self.name, suffixes=self.suffixes)

    def settings(self, kind_config: PhotosConfig, size: int | None) -> dict[str, Any]:
        return {
            "kind": self.name,
            "code": source_mark(read.__name__, within=__package__),
            **kind_config.plain(),
            "size": size or kind_config.size,
        }

    def check_size(self, size: int, settings: Mapping[str, Any]) -> None:
        check_bytes(size, int(settings["max_pixels"]))

    def encode(self, raw: bytes, settings: Mapping[str, Any]) -> dict[str, np.ndarray[Any, Any]]:
        return dict(read.encode(raw, settings))

    def facts(self, raw: bytes) -> dict[str, Any]:
        return {**vars(read.facts(raw)), "bytes": len(raw)}

    def counted(self, entry: StoreEntry, rows: Ints, facts: pd.DataFrame, kind_config: PhotosConfig) -> Ints | None:
        """Return what the headers of the files tell of the options that acted."""
        return counted(facts, kind_config)

    def wrapping(self, entry: StoreEntry, rows: Ints, facts: pd.DataFrame) -> Mapping[str, Floats]:
        """Return dimensions, format, frame and compression."""
        return wrapping(entry, rows, facts)

    def floor_features(self, entry: StoreEntry, rows: Ints, facts: pd.DataFrame) -> tuple[str, Floats] | None:
        """Return the size of the files and the mean colour of the pictures."""
        return size_and_colour(entry, rows, facts)

    def picture(self, raw: bytes, side: int) -> str:
        image = read.thumbnail(raw, side, PhotosConfig().plain())
        out = io.BytesIO()
        image.save(out, "JPEG", quality=82)
        return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode("ascii")

    def demo(self, folder: Path) -> Demo:
        return write_demo(folder)

    def example(self, rng: np.random.Generator, rows: int, folder: Path) -> Path:
        return write_example(rng, rows, folder)


def _unread(root: Root, data: DataConfig) -> list[Finding]:
    """Return a finding about pictures in unsupported formats, if there is no table."""
    if data.table is not None:
        return []
    names = files_with_suffix(root, read.UNREAD)
    reason = "their format is not supported (convert them to JPEG or PNG)"
    return findings_of([Skipped(name, reason) for name in names], root.path.name)


KINDS.register("photos")(Photos())
