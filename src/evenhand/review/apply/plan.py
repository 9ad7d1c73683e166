"""What applying corrections would change: files to move, files to put into quarantine, and a table to rewrite."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evenhand.base.errors import DataError
from evenhand.base.text.counted import count
from evenhand.base.values import Finding
from evenhand.data.roots.file_names import some
from evenhand.data.tables.corrections import corrected
from evenhand.data.tables.labels.label_encoding import Row
from evenhand.review.apply.class_moves import ClassFolders
from evenhand.review.apply.table_changes import TableChange, TableChanges
from evenhand.review.apply.written_rows import PathAndClasses, WrittenRows, written_rows
from evenhand.settings.load import Settings


@dataclass(frozen=True)
class Move:
    """A file to move: names below the root; `target` is None for the quarantine. `content` hashes its bytes."""

    source: str
    target: str | None
    content: str


@dataclass(frozen=True)
class Plan:
    """What is to be changed, and what the data then are.

    Attributes
    ----------
    root
        The folder of the data.
    moves
        Files that change their place.
    folders
        Folders below the root that have to be made, in order.
    table
        The table before and after, or None.
    relabelled, trashed
        Numbers of rows.
    rows
        Path and classes of every row afterwards.
    findings
        What was left alone, as when corrections are applied while the data are read.
    """

    root: Path
    moves: tuple[Move, ...]
    folders: tuple[str, ...]
    table: TableChange | None
    relabelled: int
    trashed: int
    rows: tuple[PathAndClasses, ...]
    findings: tuple[Finding, ...]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to change."""
        return not self.moves and self.table is None

    def summary(self) -> list[str]:
        """Return what would be done, a sentence each."""
        moved = sum(move.target is not None for move in self.moves)
        out = [f"{count(self.relabelled, 'row')} relabelled, {count(self.trashed, 'row')} trashed."]
        if moved:
            new = f", of which {some(self.folders)} would be made" if self.folders else ""
            out.append(f"Of these, {count(moved, 'file')} would move into the folders of their classes{new}.")
        if quarantined := len(self.moves) - moved:
            out.append(f"{count(quarantined, 'file')} would move into a quarantine outside {self.root}.")
        if self.table is not None:
            changed = count(self.table.cells, "row")
            gone = f" and lose {self.table.removed:,}" if self.table.removed else ""
            out.append(f"{self.table.path} would have {changed} rewritten{gone}; a backup is kept.")
        out += [finding.message for finding in self.findings if finding.severity != "note"]
        return out


def plan(settings: Settings, corrections: Path) -> Plan:
    """Return what applying a table of corrections to the files of a configuration would change; nothing is changed.

    Which corrections fit is decided as while data are read (`data.corrections`), so that both ways give the same
    rows.

    Raises
    ------
    DataError
        If the data are not a folder that can be written to, in which files are rows and folders or one column of a
        CSV name their classes: the text then says how to correct them without changing a file.
    """
    _refuse_forms(settings)
    rows = written_rows(settings)
    data = settings.data.model_copy(update={"corrections": str(corrections)})
    renamed = [tuple(dict.fromkeys(data.rename.get(name, name) for name in row)) for row in rows.classes]
    result = corrected([str(name) for name in rows.ids], renamed, data)
    relabelled = {
        at: _as_written(result.classes[at], rows.classes, settings)
        for at in np.flatnonzero(result.relabelled).tolist()
    }
    trashed = np.flatnonzero(~result.keep).tolist()
    _refuse_rows(rows, [*relabelled, *trashed])
    table = None if data.table is None else TableChanges.of(settings, rows.root)
    found = ClassFolders.of(rows, settings.kind.suffixes)
    folders = found if table is None or (not data.several and found.agree_with(rows)) else None
    classes, paths = list(rows.classes), [str(path) for path in rows.paths]
    moves: dict[str, Move] = {}
    for at, names in relabelled.items():
        path = paths[at]
        if folders is not None and (table is None or table.can_move(path)):
            paths[at] = folders.target(path, names)
            moves[path] = Move(path, paths[at], str(rows.contents[at]))
        if table is not None:
            table.relabel(path, rows.classes[at], names, paths[at])
        classes[at] = names
    for at in trashed:
        path = paths[at]
        if table is not None:
            table.remove(path, rows.classes[at])
        if table is None or not table.names(path):
            moves[path] = Move(path, None, str(rows.contents[at]))
    gone = set(trashed)
    # a file that had two classes and now has one twice is one row again
    kept = dict.fromkeys((paths[at], classes[at]) for at in range(len(classes)) if at not in gone)
    made = tuple(folders.made) if folders is not None else ()
    changed = table.changed() if table is not None else None
    planned = Plan(
        rows.root.path,
        tuple(moves.values()),
        made,
        changed,
        len(relabelled),
        len(trashed),
        tuple(kept),
        result.findings,
    )
    _refuse_links(planned)
    _refuse_read_only(planned)
    return planned


def instead(root: object, reason: str) -> DataError:
    """Return the refusal to change data, with the way that changes none."""
    return DataError(
        f"{root}: {reason}. Leave the files as they are, and name the table of corrections in the "
        'configuration instead: [data] corrections = "corrections.csv".'
    )


def _refuse_forms(settings: Settings) -> None:
    """Raise unless classes are in folders or in one column of a CSV, below a folder."""
    data, root = settings.data, Path(settings.data.root)
    if root.is_file() and zipfile.is_zipfile(root):
        raise instead(root, "is a zip, in which files are not moved")
    if data.label_pattern is not None:
        raise instead(
            root, "the names of the files hold their classes (data.label_pattern), and names are not changed"
        )
    if data.table is None and data.several:
        raise instead(root, "a folder names several classes, and files are moved between folders of one")
    for key in ("label_columns", "tag_columns"):
        if getattr(data, key):
            raise instead(root, f"classes are in several columns (data.{key}), and a row has no one cell for them")
    if data.table is not None and not data.table.lower().endswith((".csv", ".tsv", ".txt")):
        raise instead(data.table, "is not a CSV, and is not rewritten")


def _refuse_rows(rows: WrittenRows, concerned: Sequence[int]) -> None:
    """Raise unless the rows that change are files, each of which can be moved by itself."""
    base = rows.root.path
    for at in concerned:
        path = str(rows.paths[at])
        file = base / path
        if not file.is_file() or rows.root.content(path) != rows.contents[at]:
            raise instead(base, f'a row is not a file ("{path}" holds more, or is a line of a table)')
        parts = [base / "/".join(path.split("/")[: n + 1]) for n in range(path.count("/") + 1)]
        if any(part.is_symlink() for part in parts):
            raise instead(base, f'"{path}" is a symbolic link, or lies behind one')


def _refuse_links(found: Plan) -> None:
    """Raise if a file would go through a link, perhaps out of the data, or a table take the place of one."""
    targets = [Path(move.target) for move in found.moves if move.target is not None]
    folders = dict.fromkeys(found.root / parent for target in targets for parent in target.parents)
    table = [] if found.table is None else [found.table.path]
    for place in (*(folder for folder in folders if folder != found.root), *table):
        if place.is_symlink():
            raise instead(found.root, f"{place} is a symbolic link")


def _refuse_read_only(found: Plan) -> None:
    folders = {(found.root / move.source).parent for move in found.moves}
    folders |= {found.root / Path(move.target).parent for move in found.moves if move.target is not None}
    folders |= set() if found.table is None else {found.table.path.parent}
    for folder in sorted(folders):
        there = next(one for one in (folder, *folder.parents) if one.exists())
        if not os.access(there, os.W_OK | os.X_OK):
            raise instead(found.root, f"{there} cannot be written to")


def _as_written(names: Row, classes: Sequence[Row], settings: Settings) -> Row:
    """Return classes as files or table write them, from which `data.rename` makes `names`."""
    rename = settings.data.rename
    known = {name for row in classes for name in row}
    out = []
    for name in names:
        raw = sorted(old for old, new in rename.items() if new == name and old in known)
        if len(raw) == 1 and name not in known:
            out.append(raw[0])
        elif rename.get(name, name) == name:
            out.append(name)
        else:
            raise instead(
                settings.data.root, f'data.rename makes "{rename[name]}" of "{name}", so that no row can be it'
            )
    return tuple(out)
