"""A folder per class: the table that folders imply."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.text.cells import spelling
from evenhand.base.values import Finding
from evenhand.data.config import DataConfig
from evenhand.data.roots.conversions import conversion_words
from evenhand.data.roots.file_names import some, suffix
from evenhand.data.roots.root import Root
from evenhand.data.roots.skipped import Skipped, findings_of
from evenhand.data.tables.split_folders import SplitLayout, layout, split_of
from evenhand.data.tables.table import LabelTable


def files_of(root: Root, suffixes: Collection[str], kind: str) -> list[str]:
    """Return the names of the files of a kind, by their suffixes.

    Raises
    ------
    DataError
        If there is none; the message lists what is there instead.
    """
    names = files_with_suffix(root, suffixes)
    if names:
        return names
    known = ", ".join(sorted(suffixes))
    skipped = "".join(f" {item.name}: {item.reason}." for item in list(root.skipped())[:3])
    if not root.names():
        state = "holds nothing that can be read" if skipped else "is empty"
        raise DataError(f"{root.path}: {state}.{skipped} Put {kind} there ({known}), or set data.root.")
    endings = pd.Series([suffix(name) or "no ending" for name in root.names()]).value_counts()
    found = ", ".join(f"{count:,} {ending}" for ending, count in endings.head(4).items())
    converted = conversion_words(root.names(), suffixes)
    raise DataError(
        f"{root.path}: holds no {kind} (found: {found}). {kind.capitalize()} are {known}.{converted}{skipped}"
    )


def files_with_suffix(root: Root, suffixes: Collection[str]) -> list[str]:
    """Return the names of files with one of these suffixes."""
    return [name for name in root.names() if suffix(name) in suffixes]


def read_folders(root: Root, data: DataConfig, suffixes: Collection[str]) -> LabelTable:
    """Return a table of path, label, split (if folders are splits) and folder.

    The class is the first folder below the root, below a top folder that holds everything, or below the folders of
    a split (`split_folders.layout`). `folder` is the folder that holds the file, ready for use as `data.group`.
    Names are taken literally: unlike the cells of a table, nobody typed them.

    Raises
    ------
    DataError
        If there are no files of the kind, or none is in a folder.
    """
    names = files_of(root, suffixes, data.kind)
    found = folder_layout(names)
    known = np.array([name is not None for name in found.classes])
    if not known.any():
        raise DataError(
            f"{root.path}: none of its {len(names):,} {data.kind} lies in a folder that could name its class. "
            "Make a folder per class, or give data.table or data.label_pattern."
        )
    inside = [name for name, keep in zip(names, known, strict=True) if keep]
    classes = _class_names([label for label in found.classes if label is not None])
    frame = pd.DataFrame(
        {data.path: inside, data.label: classes, "folder": [name.rpartition("/")[0] for name in inside]}
    )
    splits = [split for split, keep in zip(found.splits, known, strict=True) if keep]
    if any(split is not None for split in splits):
        frame["split"] = splits
    findings = [*_left_out(names, found, root.path.name), *_empty_classes(root, names)]
    return LabelTable(root.path.name, frame, np.arange(1, len(frame) + 1), findings=tuple(findings))


def folder_layout(names: Sequence[str]) -> SplitLayout:
    """Return the split and the class of each file from its folders, below a top folder that holds everything."""
    depth = _common_depth(names)
    return layout([_below(name, depth) for name in names])


def class_folder_depths(names: Sequence[str]) -> list[int | None]:
    """Return for each file which folder of its path names its class, from 0; None where none does."""
    top = _common_depth(names)
    # no folder of a split above the class is called like it: it would have been taken for a split
    return [
        None if found is None else name.split("/").index(found, min(top, name.count("/")))
        for name, found in zip(names, folder_layout(names).classes, strict=True)
    ]


def split_folder_for_test(names: Sequence[str]) -> str | None:
    """Return the split of the folders that can serve as the locked test ("test", else "val"), or None.

    Its files must be in folders of classes that the training files have too.
    """
    found = folder_layout(names)
    classes: dict[str, set[str]] = {}
    for split, name in zip(found.splits, found.classes, strict=True):
        if split is not None and name is not None:
            classes.setdefault(split, set()).add(name)
    train = classes.get("train", set())
    return next((split for split in ("test", "val") if classes.get(split, set()) & train), None)


def empty_classes(root: Root, names: Sequence[str]) -> list[str]:
    """Return the names of class folders in which nothing is; `names` are the files of the kind."""
    deepest = max(names, key=lambda name: name.count("/"), default="")
    top = "".join(f"{part}/" for part in deepest.split("/")[: _common_depth(names)])
    inside = [name for name in root.empty_folders() if name.startswith(top)]
    # As if each held a file: beside the others, so that folders of splits are told from classes as they are there.
    classes = layout([name.removeprefix(top) for name in (*names, *(f"{name}/_" for name in inside))]).classes
    known, empty = set(classes[: len(names)]), classes[len(names) :]
    return sorted({name for name in empty if name is not None and name not in known})


def _empty_classes(root: Root, names: Sequence[str]) -> Iterator[Finding]:
    """Yield a finding about class folders in which nothing is."""
    if found := empty_classes(root, names):
        one = len(found) == 1
        message = (
            f"{root.path.name}: {some(found)} {'is an empty folder' if one else 'are empty folders'}, and so there "
            f"is no class of {'this name' if one else 'these names'}."
        )
        yield Finding("EH101", "note", message, about=root.path.name, evidence={"folders": found[:100]})


def _class_names(folders: Sequence[str]) -> list[str]:
    """Return the class of each folder: its name in normal form C, stripped if that leaves it unique."""
    spelled = {folder: spelling(folder) for folder in folders}
    stripped = Counter(name.strip() for name in set(spelled.values()))
    # "red " and "red" may be two folders; stripping must not make them one class
    short = {
        folder: name.strip() if name.strip() and stripped[name.strip()] == 1 else name
        for folder, name in spelled.items()
    }
    return [short[folder] for folder in folders]


def _left_out(names: Sequence[str], found: SplitLayout, source: str) -> Iterator[Finding]:
    """Yield findings about files without a class: those in a split, and others."""
    bare = [(n, split) for n, c, split in zip(names, found.classes, found.splits, strict=True) if c is None]
    for split in sorted({split for _, split in bare if split is not None}):
        files = [name for name, of in bare if of == split]
        folders = sorted({name.rpartition("/")[0] for name in files})
        yield Finding(
            "EH117",
            "warning",
            f"{source}: {some(folders)} {'looks' if len(folders) == 1 else 'look'} like the {split} split and "
            f"{'was' if len(folders) == 1 else 'were'} not taken for a class: {len(files):,} files there are in no "
            "class folder and were left out. Put them into a folder per class, or pass them to `predict`.",
            about=folders[0],
            evidence={"files": len(files), "split": split, "names": files[:100]},
        )
    yield from findings_of([Skipped(n, "is in no class folder") for n, split in bare if split is None], source)


def _below(name: str, depth: int) -> str:
    """Return a path without its first `depth` folders; a file that lies above them keeps its name."""
    parts = name.split("/")
    return "/".join(parts[min(depth, len(parts) - 1) :])


def _part(name: str, at: int) -> str | None:
    """Return the folder at a depth of a file's path, or None if the file itself is at that depth."""
    folders = name.split("/")[:-1]
    return folders[at] if at < len(folders) else None


def _common_depth(names: Sequence[str]) -> int:
    """Return the number of nested top folders that hold everything; no class, as all files are in subfolders.

    Files beside a top folder have no class however its own are found, and do not make one of it.
    """
    names = [name for name in names if "/" in name] or names
    depth = 0
    while True:
        here = {_part(name, depth) for name in names}
        below = all(_part(name, depth + 1) is not None for name in names)
        only = next(iter(here)) if len(here) == 1 else None
        if only is None or not below or split_of(only) is not None:
            return depth
        depth += 1
