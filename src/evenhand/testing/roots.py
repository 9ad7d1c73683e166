"""A root in memory, for files made by a test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evenhand.base.errors import DataError
from evenhand.data.roots.content_hash import content_hash
from evenhand.data.roots.skipped import Skipped


@dataclass(frozen=True, eq=False)
class MemoryRoot:
    """Files by name.

    Attributes
    ----------
    files
        Posix name -> bytes.
    path
        Its name in messages.
    """

    files: Mapping[str, bytes]
    path: Path = field(default=Path("memory"))

    def names(self) -> Sequence[str]:
        return tuple(sorted(self.files))

    def skipped(self) -> Sequence[Skipped]:
        return ()

    def empty_folders(self) -> Sequence[str]:
        return ()

    def read(self, name: str) -> bytes:
        if name not in self.files:
            raise DataError("cannot be read (no such file or directory)")
        return self.files[name]

    def size(self, name: str) -> int:
        return len(self.read(name))

    def content(self, name: str) -> str:
        return content_hash(self.read(name))
