"""A base class of kinds whose rows are whole files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from evenhand.data.roots.file_root import FileRoot
from evenhand.data.roots.root import Root, open_root
from evenhand.modalities.kind import Encoded, KindDefaults, Reader


class FileRows(KindDefaults, ABC):
    """Base class of a kind whose rows are whole files; it implements what happens to the bytes of one."""

    holds_labels = False

    def check_size(self, size: int, settings: Mapping[str, Any]) -> None:
        """Raise `DataError` if a file of so many bytes is not to be read; by default all are."""
        return

    @abstractmethod
    def encode(self, raw: bytes, settings: Mapping[str, Any]) -> Encoded:
        """Return one encoded row; raises `DataError` with the reason."""

    @abstractmethod
    def facts(self, raw: bytes) -> Mapping[str, Any]:
        """Return the metadata in a file's header, without decoding it; raises `DataError`."""

    @abstractmethod
    def picture(self, raw: bytes, side: int) -> str:
        """Return a picture of a row as a `data:` URI, its longer side at most `side` px."""

    def reader(self, root: Root, frame: pd.DataFrame, settings: Mapping[str, Any]) -> Reader:
        """Return a function that reads and encodes the file of a row."""
        paths = frame["path"].astype(str).to_numpy(dtype=object)

        def read(row: int) -> Encoded:
            self.check_size(root.size(paths[row]), settings)
            return self.encode(root.read(paths[row]), settings)

        return read

    def facts_of(self, root: Root, path: str) -> Mapping[str, Any]:
        """Return the metadata in a file's header."""
        return self.facts(root.read(path))

    def picture_of(self, root: Root, row: Mapping[str, Any], side: int) -> str:
        """Return a picture of a row's file."""
        return self.picture(root.read(str(row["path"])), side)

    def alone(self, source: Path) -> Root:
        """Return a root with one file."""
        return FileRoot(source) if source.is_file() else open_root(source)
