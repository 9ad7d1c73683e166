"""Generated data of any kind: the output of its `example`, opened."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evenhand.base.seeds import generator
from evenhand.base.settings.section import Section
from evenhand.base.values import Samples
from evenhand.data.config import DataConfig
from evenhand.data.roots.content_hash import content_hash
from evenhand.data.roots.root import Root, open_root
from evenhand.data.roots.skipped import Skipped
from evenhand.modalities import KINDS, Kind


@dataclass(frozen=True)
class Generated:
    """Generated data: the kind, its TOML, the root, and the sections of the configuration."""

    kind: Kind
    toml: Path
    root: Root
    data: DataConfig
    kind_config: Section

    def samples(self) -> Samples:
        """Return the samples."""
        return self.kind.samples(self.root, self.data, self.kind_config)[0]


@dataclass(frozen=True)
class Spoilt:
    """A root whose files keep their names and all hold the same bytes."""

    root: Root
    raw: bytes

    @property
    def path(self) -> Path:
        """The folder or the zip."""
        return self.root.path

    def names(self) -> Sequence[str]:
        return self.root.names()

    def skipped(self) -> Sequence[Skipped]:
        return self.root.skipped()

    def empty_folders(self) -> Sequence[str]:
        return self.root.empty_folders()

    def read(self, name: str) -> bytes:
        return self.raw

    def size(self, name: str) -> int:
        return len(self.raw)

    def content(self, name: str) -> str:
        return content_hash(self.raw)


def generate(kind: str, folder: Path, *, rows: int = 48, seed: int = 0) -> Generated:
    """Write generated data of a kind into `folder` and return it opened.

    The same kind, rows and seed give the same data.
    """
    known = KINDS.get(kind)
    toml = known.example(generator("example", kind, seed), rows, folder)
    values: dict[str, Any] = tomllib.loads(toml.read_text(encoding="utf-8"))
    path = (toml.parent / values["data"]["root"]).resolve()
    data = DataConfig.model_validate({**values["data"], "root": str(path)})
    return Generated(known, toml, open_root(path), data, known.config.model_validate(values.get(kind, {})))
