"""Pairs of a picture and a text as a kind of data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.settings.section import Section
from evenhand.base.storage.code_hash import source_mark
from evenhand.base.values import Finding, Floats, Ints, Mask, Samples
from evenhand.data.config import DataConfig
from evenhand.data.roots.file_names import suffix
from evenhand.data.roots.file_root import FileRoot
from evenhand.data.roots.root import Root, open_root
from evenhand.data.store.entry import StoreEntry
from evenhand.data.tables.places import has_file
from evenhand.modalities import KINDS
from evenhand.modalities.counters import Counter
from evenhand.modalities.kind import Demo, Encoded, KindDefaults, Reader
from evenhand.modalities.pairs.config import PairsConfig
from evenhand.modalities.pairs.example.demo import write_demo
from evenhand.modalities.pairs.example.write_example import write_example
from evenhand.modalities.pairs.features.floor import words_and_colour
from evenhand.modalities.pairs.features.only_half import only_half
from evenhand.modalities.pairs.features.same_rows import near_pictures, same_pairs, shared_halves
from evenhand.modalities.pairs.features.traits import blank_pairs, pair_traits
from evenhand.modalities.pairs.features.wrapping import wrapping
from evenhand.modalities.pairs.options import ENCODER_OPTIONS
from evenhand.modalities.pairs.picture import data_uri
from evenhand.modalities.pairs.reading import encode
from evenhand.modalities.pairs.reading.pair_content import contents, same_content
from evenhand.modalities.pairs.reading.pair_samples import pair_samples, unlabelled_pairs
from evenhand.modalities.pairs.reading.texted import texted
from evenhand.modalities.pairs.text_columns import named_texts, text_section
from evenhand.modalities.photos.augmentations.profiles import PROFILES
from evenhand.modalities.photos.config import PhotosConfig
from evenhand.modalities.photos.reading import read
from evenhand.modalities.photos.views import PHOTO_VIEWS
from evenhand.modalities.views import View

NO_FILE = {"format": "none", "mode": "none", "width": math.nan, "height": math.nan, "orientation": 1, "bytes": 0}
"""Facts of a row without a picture: a size of 0 would be one, and rules about sizes would find it."""


class Pairs(KindDefaults):
    """Pictures with a text: see `reading.encode`; either half may be missing in a row."""

    name = "pairs"
    suffixes: Sequence[str] = read.SUFFIXES
    config: type[Section] = PairsConfig
    torch_module = "evenhand.modalities.pairs.torch_half"
    encoder = "pair_small"
    tune = "all"
    profiles: Sequence[str] = tuple(PROFILES)
    view_profile = "geometry"
    test_views: Mapping[str, Sequence[View]] = PHOTO_VIEWS
    shown: Sequence[str] = ("text",)
    mixable = False  # bytes of a text have no mean
    encoder_options: Mapping[str, type[Section]] = ENCODER_OPTIONS
    sources: Sequence[str] = ("siglip2", "clip")
    counters: Sequence[Counter] = encode.COUNTED
    report_queries = 6
    moved = "in their picture or in their text"
    holds_labels = False
    proposed = False  # its pictures are those of photos; only a person knows that the texts matter

    def samples(self, root: Root, data: DataConfig, kind_config: PairsConfig) -> tuple[Samples, list[Finding]]:
        return pair_samples(root, data, kind_config, kind=self.name, suffixes=self.suffixes)

    def unlabelled(self, root: Root, data: DataConfig, kind_config: PairsConfig) -> tuple[Samples, list[Finding]]:
        """Return the rows of the table below a root, or its pictures alone, without classes, for prediction."""
        return unlabelled_pairs(root, data, kind_config, kind=self.name, suffixes=self.suffixes)

    def with_text(self, samples: Samples | None, text: str) -> Samples:
        return texted(samples, text, kind=self.name)

    def same_content(self, samples: Samples, root: Root, rows: Samples) -> Ints:
        return same_content(samples, root, rows)

    def settings(self, kind_config: PairsConfig, size: int | None) -> dict[str, Any]:
        # Without the columns of the text: what they hold is part of the content of a row.
        stored = {name: value for name, value in kind_config.plain().items() if name != "text"}
        code = source_mark(encode.__name__, read.__name__, within="evenhand.modalities")
        return {"kind": self.name, "code": code, **stored, "size": size or kind_config.size}

    def reader(self, root: Root, frame: pd.DataFrame, settings: Mapping[str, Any]) -> Reader:
        paths, texts = (frame[name].astype(str).to_numpy(dtype=object) for name in ("path", "text"))

        def encoded(row: int) -> Encoded:
            return encode.encode(root, paths[row], texts[row], settings)

        return encoded

    def facts_of(self, root: Root, path: str) -> dict[str, Any]:
        if not has_file(path):
            return dict(NO_FILE)
        raw = root.read(path)
        return {**vars(read.facts(raw)), "bytes": len(raw)}

    def contents(self, root: Root, frame: pd.DataFrame, kind_config: PairsConfig) -> Sequence[str | DataError]:
        """Return the hash of each picture and its text."""
        return contents(root, frame)

    def picture_of(self, root: Root, row: Mapping[str, Any], side: int) -> str:
        """Return the picture with its text below it, or the half that there is."""
        path, text = str(row["path"]), str(row.get("text") or "")
        picture = read.thumbnail(root.read(path), side, PhotosConfig().plain()) if has_file(path) else None
        return data_uri(picture, text, side)

    def copies(self, entry: StoreEntry, rows: Ints) -> list[Ints]:
        return same_pairs(entry, rows)

    def families(self, entry: StoreEntry, rows: Ints) -> list[Ints]:
        """Return sets of rows that share their pixels or their text with another of the set."""
        return shared_halves(entry, rows)

    def near_pictures(self, entry: StoreEntry, rows: Ints) -> Ints | None:
        return near_pictures(entry, rows)

    def wrapping(self, entry: StoreEntry, rows: Ints, facts: pd.DataFrame) -> Mapping[str, Floats]:
        """Return which halves there are, words of the text, and what comes with the file of the picture."""
        return wrapping(entry, rows, facts)

    def traits(self, entry: StoreEntry, rows: Ints) -> pd.DataFrame:
        """Return image statistics, length and script of the text, and which halves are missing."""
        return pair_traits(entry, rows)

    def blank(self, entry: StoreEntry, rows: Ints) -> tuple[str, Mask]:
        """Return which rows have no word, and no picture or one of a single colour."""
        return "no word, and no picture or one of a single colour", blank_pairs(entry, rows)

    def unread(self, entry: StoreEntry, rows: Ints, model: Mapping[str, Any]) -> tuple[str, Mask] | None:
        """Return the half that an encoder `pair` with one tower reads, and which rows lack it."""
        return only_half(entry, rows, model)

    def floor_features(self, entry: StoreEntry, rows: Ints, facts: pd.DataFrame) -> tuple[str, Floats]:
        """Return a bag of hashed words, size and mean colour of the picture, and which halves there are."""
        return words_and_colour(entry, rows, facts)

    def alone(self, source: Path) -> Root:
        """Return a root with one picture; a table needs the folder that its pictures are in."""
        if source.is_file() and suffix(source.name) in (".csv", ".tsv", ".parquet"):
            raise DataError(f"{source}: this is a table. Name the folder that holds it and its pictures.")
        return FileRoot(source) if source.is_file() else open_root(source)

    def section_for(self, frame: pd.DataFrame, taken: Sequence[str]) -> str:
        """Return [pairs] with the column that looks like a text."""
        return text_section(frame, taken)

    def content_columns(self, frame: pd.DataFrame) -> Sequence[str]:
        """Return the columns that are called like a text."""
        return named_texts(frame)

    def demo(self, folder: Path) -> Demo:
        return write_demo(folder)

    def example(self, rng: np.random.Generator, rows: int, folder: Path) -> Path:
        return write_example(rng, rows, folder)


KINDS.register("pairs")(Pairs())
