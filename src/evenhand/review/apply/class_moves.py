"""The folder of a class, and a free name in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from evenhand.base.errors import DataError
from evenhand.base.text.cells import spelling
from evenhand.data.roots.file_names import is_clutter
from evenhand.data.tables.class_folders import class_folder_depths, files_with_suffix
from evenhand.data.tables.labels.label_encoding import Row
from evenhand.review.apply.written_rows import WrittenRows


@dataclass
class ClassFolders:
    """Folders that name classes, and the names that are taken in them.

    Attributes
    ----------
    root
        The folder of the data.
    depth
        Path of a file -> which of its folders names its class.
    folder_of
        Class -> the folder that most of its files are in, as it is spelled on disk.
    made
        Folders to make, in order.
    """

    root: Path
    depth: dict[str, int]
    folder_of: dict[str, str]
    made: list[str] = field(default_factory=list)
    _taken: dict[str, set[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: WrittenRows, suffixes: Collection[str]) -> ClassFolders:
        """Return the folders of rows; `suffixes` are those of the kind, by which the layout of folders is found."""
        names = files_with_suffix(rows.root, suffixes)
        depth = {name: at for name, at in zip(names, class_folder_depths(names), strict=True) if at is not None}
        counts: dict[str, Counter[str]] = {}
        for path, row in rows.pairs:
            if path in depth and len(row) == 1:
                counts.setdefault(row[0], Counter())[path.split("/")[depth[path]]] += 1
        return cls(rows.root.path, depth, {name: found.most_common(1)[0][0] for name, found in counts.items()})

    def agree_with(self, rows: WrittenRows) -> bool:
        """Return whether the folder of every row is called like its class."""
        return all(path in self.depth and row == (self._class(path),) for path, row in rows.pairs)

    def _class(self, path: str) -> str:
        return spelling(path.split("/")[self.depth[path]]).strip()

    def target(self, path: str, names: Row) -> str:
        """Return the path of a file in the folder of another class, under a name that is free there."""
        (name,) = names
        parts = path.split("/")
        folder = self.folder_of.get(name, name)
        # clutter is hidden, "." and ".." among it
        if is_clutter(folder) or "/" in folder or "\0" in folder or len(folder.encode()) > 255:
            raise DataError(
                f'"{path}" is to become "{name}", which cannot be the name of a folder. Give it another name.'
            )
        self.folder_of.setdefault(name, folder)
        parts[self.depth[path]] = folder
        for depth in range(1, len(parts)):
            self._make("/".join(parts[:depth]))
        parent, file = "/".join(parts[:-1]), parts[-1]
        return f"{parent}/{self._free(parent, file)}"

    def _make(self, folder: str) -> None:
        if folder not in self.made and not (self.root / folder).is_dir():
            self.made.append(folder)

    def _free(self, folder: str, name: str) -> str:
        """Return the name, or the first of "name-2", "name-3", … that nothing in the folder has."""
        if folder not in self._taken:
            place = self.root / folder
            self._taken[folder] = {_key(item.name) for item in place.iterdir()} if place.is_dir() else set()
        taken, stem, dot, end = self._taken[folder], *_split(name)
        number = 1
        while _key(found := name if number == 1 else f"{stem}-{number}{dot}{end}") in taken:
            number += 1
        taken.add(_key(found))
        return found


def _key(name: str) -> str:
    # file systems of macOS and Windows take names that differ in case or normal form for the same
    return spelling(name).casefold()


def _split(name: str) -> tuple[str, str, str]:
    stem, dot, end = name.rpartition(".")
    return (stem, dot, end) if stem else (name, "", "")
