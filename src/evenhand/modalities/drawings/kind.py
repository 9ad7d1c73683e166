"""Drawings as a kind of data."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError, MissingExtraError
from evenhand.base.settings.section import Section
from evenhand.base.storage.code_hash import source_mark
from evenhand.base.storage.numpy_files import load_arrays
from evenhand.base.values import Finding, Floats, Ints, Samples
from evenhand.data.config import DataConfig
from evenhand.data.roots.root import Root
from evenhand.data.store.entry import StoreEntry
from evenhand.data.tables.samples import file_samples, unlabelled_samples
from evenhand.engines.isolated import ISOLATED, IsolatedCallError
from evenhand.modalities import KINDS, FileRows
from evenhand.modalities.counters import Counter
from evenhand.modalities.drawings.config import DrawingsConfig
from evenhand.modalities.drawings.families.find import exact_copies, moved_copies
from evenhand.modalities.drawings.floor import entity_counts
from evenhand.modalities.drawings.options import DrawingEncoderOptions, StrokesOptions
from evenhand.modalities.drawings.picture import data_uri
from evenhand.modalities.drawings.profiles import PROFILES
from evenhand.modalities.drawings.reading.header import header_facts
from evenhand.modalities.drawings.wrapping import wrapping
from evenhand.modalities.kind import Demo

COUNTED = (
    Counter("recovered", "repair", "faults of the file repaired by the recovery mode"),
    Counter("encoding", "repair", "files whose bytes contradict the encoding in their header"),
    Counter("ambiguous", "doubt", "files whose words are plausible in two encodings"),
    Counter("unread", "count", "entities without graphics (proxies, solids of the modelling kernel)"),
    Counter("broken", "count", "entities that cannot be read"),
    Counter("hidden", "count", "entities and attributes marked as invisible, which are not read"),
    Counter("inserts", "count", "inserts expanded"),
    Counter("loops", "repair", "inserts of blocks in themselves, left out"),
    Counter("clipped", "count", "inserts that show a part of their block (XCLIP)"),
    Counter("inserts_cut", "cap", "entities and copies of blocks left out", "drawings.max_entities"),
    Counter("nodes_cut", "cap", "primitives cut off", "drawings.max_nodes"),
    Counter("knn", "fallback", "primitives joined to their nearest ones", "drawings.empty_edge_fallback"),
    Counter("edges_cut", "cap", "relations left out of crowded primitives"),
    Counter("far", "count", "drawings with something far away from the rest"),
    Counter("paper", "fallback", "drawings read from paper space"),
)

LIMITS = {"given up after": "drawings.seconds", "MiB of memory": "drawings.memory_mib"}
"""What the message of a call beyond a limit says -> the key that sets the limit."""
READING = "evenhand.modalities.drawings.reading.encode"
DRAWING = "evenhand.modalities.drawings.reading.draw:draw_file"


def require_packages(purpose: str) -> None:
    """Raise `MissingExtraError` if a package of the extra `drawings` is not installed."""
    for package in ("ezdxf", "shapely"):
        if find_spec(package) is None:
            raise MissingExtraError(package, "drawings", purpose)


class Drawings(FileRows):
    """Drawings: graphs of primitives, see `reading.encode`."""

    name = "drawings"
    suffixes: Sequence[str] = (".dxf",)
    config: type[Section] = DrawingsConfig
    torch_module = "evenhand.modalities.drawings.torch_half"
    encoder = "edge_sage"
    tune = "all"
    mixable = False
    counters: Sequence[Counter] = COUNTED
    profiles: Sequence[str] = tuple(PROFILES)
    view_profile = "mirror"
    encoder_options: Mapping[str, type[Section]] = {
        "edge_sage": DrawingEncoderOptions,
        "gine": DrawingEncoderOptions,
        "strokes": StrokesOptions,
    }

    def samples(self, root: Root, data: DataConfig, kind_config: DrawingsConfig) -> tuple[Samples, list[Finding]]:
        return file_samples(root, data, kind=self.name, suffixes=self.suffixes)

    def unlabelled(
        self, root: Root, data: DataConfig, kind_config: DrawingsConfig
    ) -> tuple[Samples, list[Finding]]:
        """Return every drawing below a root, without classes, for prediction."""
        return unlabelled_samples(root, kind=self.name, suffixes=self.suffixes)

    def settings(self, kind_config: DrawingsConfig, size: int | None) -> dict[str, Any]:
        return {"kind": self.name, "code": source_mark(READING, within=__package__), **kind_config.plain()}

    def check_size(self, size: int, settings: Mapping[str, Any]) -> None:
        if size > settings["max_bytes"]:
            raise DataError(f"has {size:,} bytes, more than drawings.max_bytes = {settings['max_bytes']:,}")

    def encode(self, raw: bytes, settings: Mapping[str, Any]) -> dict[str, np.ndarray[Any, Any]]:
        self.check_size(len(raw), settings)
        require_packages("Reading drawings")
        with _isolated(f"{READING}:encode_file", raw, "arrays.npz", settings, settings=dict(settings)) as target:
            return load_arrays(target)

    def copies(self, entry: StoreEntry, rows: Ints) -> list[Ints]:
        return exact_copies(entry, rows)

    def families(self, entry: StoreEntry, rows: Ints) -> list[Ints]:
        return moved_copies(entry, rows)

    def facts(self, raw: bytes) -> dict[str, Any]:
        return header_facts(raw)

    def wrapping(self, entry: StoreEntry, rows: Ints, facts: pd.DataFrame) -> Mapping[str, Floats]:
        """Return place and size, layers and colours, and measures of the file."""
        return wrapping(entry, rows, facts)

    def floor_features(self, entry: StoreEntry, rows: Ints, facts: pd.DataFrame) -> tuple[str, Floats]:
        """Return counts of primitives by type."""
        return "entity counts", entity_counts(entry, rows)

    def picture_of(self, root: Root, row: Mapping[str, Any], side: int) -> str:
        self.check_size(root.size(str(row["path"])), DrawingsConfig().plain())  # before it is read
        return super().picture_of(root, row, side)

    def picture(self, raw: bytes, side: int) -> str:
        with _isolated(DRAWING, raw, "drawing.svg", DrawingsConfig().plain(), side=side) as target:
            return data_uri(target.read_text(encoding="utf-8"))

    def demo(self, folder: Path) -> Demo:
        require_packages("Generating drawings")
        from evenhand.modalities.drawings.example.demo import write_demo

        return write_demo(folder)

    def example(self, rng: np.random.Generator, rows: int, folder: Path) -> Path:
        require_packages("Generating drawings")
        from evenhand.modalities.drawings.example.write_example import write_example  # which imports ezdxf

        return write_example(rng, rows, folder)


@contextlib.contextmanager
def _isolated(function: str, raw: bytes, name: str, bounds: Mapping[str, Any], **arguments: Any) -> Iterator[Path]:
    """Call a function with a file of some bytes in a process that can be ended; yield the file that it wrote.

    Raises
    ------
    DataError
        With the reason, if it did not finish within `seconds` and `memory_mib` of `bounds`, or raised.
    """
    with tempfile.TemporaryDirectory(prefix="evenhand-") as folder:
        source, target = Path(folder, "drawing.dxf"), Path(folder, name)
        source.write_bytes(raw)
        try:
            ISOLATED.call(
                function,
                {"source": str(source), "target": str(target), **arguments},
                seconds=bounds["seconds"],
                memory=bounds["memory_mib"] * 2**20,
            )
        except IsolatedCallError as error:
            key = next((f" ({key})" for words, key in LIMITS.items() if words in str(error)), "")
            raise DataError(f"{error}{key}") from None
        yield target


KINDS.register("drawings")(Drawings())
