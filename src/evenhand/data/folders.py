"""A folder per class: the table that folders imply."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.data.config import DataConfig
from evenhand.data.names import spelling, suffix
from evenhand.data.root import Root
from evenhand.data.skipped import Skipped, findings_of
from evenhand.data.table import Table

SPLITS = {
    "train": "train", "training": "train",
    "val": "val", "valid": "val", "validation": "val", "dev": "val",
    "test": "test", "testing": "test",
}  # fmt: skip
"""Names of top folders that are splits -> the name of the split."""


def files_of(root: Root, suffixes: Collection[str], kind: str) -> list[str]:
    """Return the names of the files that are of a kind by their endings.

    Raises
    ------
    DataError
        If there is none; the message says what is there instead.
    """
    names = [name for name in root.names() if suffix(name) in suffixes]
    if names:
        return names
    known = ", ".join(sorted(suffixes))
    skipped = "".join(f" {item.name}: {item.reason}." for item in list(root.skipped())[:3])
    if not root.names():
        state = "holds nothing that can be read" if skipped else "is empty"
        raise DataError(f"{root.path}: {state}.{skipped} Put {kind} there ({known}), or set data.root.")
    endings = pd.Series([suffix(name) or "no ending" for name in root.names()]).value_counts()
    found = ", ".join(f"{count:,} {ending}" for ending, count in endings.head(4).items())
    raise DataError(f"{root.path}: holds no {kind} (found: {found}). {kind.capitalize()} are {known}.{skipped}")


def read_folders(root: Root, data: DataConfig, suffixes: Collection[str]) -> Table:
    """Return a table of path, label, split (where top folders are splits) and folder.

    The class is the first folder below the root, below a top folder that holds everything, or below the
    folders of a split. `folder` is the folder that holds the file, ready for use as `data.group`.

    Raises
    ------
    DataError
        If there are no files of the kind, or none lies in a folder.
    """
    names = files_of(root, suffixes, data.kind)
    depth = _common_depth(names)
    tops = {_part(name, depth) for name in names}
    split = bool(tops) and all(top is not None and top.casefold() in SPLITS for top in tops)
    at = depth + split
    classes = [_part(name, at) for name in names]
    outside = [name for name, label in zip(names, classes, strict=True) if label is None]
    if len(outside) == len(names):
        raise DataError(
            f"{root.path}: none of its {len(names):,} {data.kind} lies in a folder that could name its class. "
            "Make a folder per class, or give data.table."
        )
    inside = [(name, label) for name, label in zip(names, classes, strict=True) if label is not None]
    frame = pd.DataFrame(
        {
            data.path: [name for name, _ in inside],
            data.label: [spelling(label) for _, label in inside],
            "folder": [name.rpartition("/")[0] for name, _ in inside],
        }
    )
    if split:
        frame["split"] = [SPLITS[str(_part(name, depth)).casefold()] for name, _ in inside]
    skipped = findings_of([Skipped(name, "lies in no class's folder") for name in outside], root.path.name)
    return Table(root.path.name, frame, np.arange(1, len(frame) + 1), findings=tuple(skipped))


def _part(name: str, at: int) -> str | None:
    """Return the folder at a depth on the way to a file, or None where the file itself stands there."""
    folders = name.split("/")[:-1]
    return folders[at] if at < len(folders) else None


def _common_depth(names: Sequence[str]) -> int:
    """Return how many folders at the top hold everything, and no class, because further folders follow."""
    depth = 0
    while True:
        here = {_part(name, depth) for name in names}
        below = all(_part(name, depth + 1) is not None for name in names)
        only = next(iter(here)) if len(here) == 1 else None
        if only is None or not below or only.casefold() in SPLITS:
            return depth
        depth += 1


def foreign(root: Root, endings: Collection[str]) -> list[str]:
    """Return the names of files with one of `endings`, for telling about formats that are not read."""
    return [name for name in root.names() if suffix(name) in endings]
