"""One file as a root, so that a single photo can be predicted without listing its folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evenhand.data.roots.folder_root import FolderRoot
from evenhand.data.roots.skipped import Skipped


@dataclass(frozen=True)
class FileRoot:
    """A root that holds one file.

    Attributes
    ----------
    file
        The file.
    """

    file: Path

    @property
    def path(self) -> Path:
        """The file."""
        return self.file

    def names(self) -> Sequence[str]:
        return (self.file.name,)

    def skipped(self) -> Sequence[Skipped]:
        return ()

    def empty_folders(self) -> Sequence[str]:
        return ()

    def read(self, name: str) -> bytes:
        return self._folder.read(name)

    def size(self, name: str) -> int:
        return self._folder.size(name)

    def content(self, name: str) -> str:
        return self._folder.content(name)

    @property
    def _folder(self) -> FolderRoot:
        # "follow", since the file that was named may be a link
        return FolderRoot(self.file.parent, "follow")
