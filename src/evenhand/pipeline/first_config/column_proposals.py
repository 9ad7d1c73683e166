"""Proposals of `init` for a table: the columns of path, class, group, id and split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import pandas as pd

from evenhand.base.errors import DataError, unknown
from evenhand.base.text.cells import Text, as_texts, plain_texts
from evenhand.base.text.counted import count
from evenhand.base.text.toml_text import toml_comment, toml_value
from evenhand.data.config import DataConfig
from evenhand.data.roots.root import Root
from evenhand.data.tables.column_roles import ColumnProfile, column_profiles, group_candidates
from evenhand.data.tables.labels.cell_separator import cell_parts, cell_separator, listed
from evenhand.data.tables.path_lookup import Located, locate
from evenhand.data.tables.table import LabelTable, read_table

LABELS = ("label", "class", "target", "category", "fine", "species", "diagnosis", "state", "y", "labels", "tags")
PATHS = ("path", "file", "filename", "file_name", "image", "image_id", "name")
SPLITS = ("split", "set", "subset", "fold")


@dataclass(frozen=True, eq=False)
class TableDraft:
    """The part of a first configuration about a table.

    Attributes
    ----------
    lines
        Lines of [data]: columns, and their possible roles.
    test
        The line of [folds] that locks a test, or None if the table has no split.
    frame
        The table.
    taken
        Columns with a role.
    several
        Whether a row holds several classes.
    root
        Folder below the root that the paths are relative to, "" for the root itself.
    groups, locked
        (n,) group (None without a group column) and membership of the test of each row.
    classes
        The classes of the rows, indexed by the position of the row, which recurs where a row holds several.
    """

    lines: tuple[str, ...]
    test: str | None
    root: str
    classes: pd.Series
    groups: pd.Series | None
    locked: pd.Series
    frame: pd.DataFrame
    taken: tuple[str, ...]
    several: bool


def draft_of_table(
    root: Root,
    name: str,
    files: Sequence[str],
    *,
    label: str | None = None,
    group: str | None = None,
    content: Callable[[pd.DataFrame], Sequence[str]] = lambda _: (),
) -> TableDraft:
    """Return the part of a first configuration about a table.

    Parameters
    ----------
    files
        Names of the files below the root.
    label, group
        Columns named by the user; guessed if None.
    content
        Gives the columns that hold what a row shows, such as its text; they are not proposed as groups or ids.

    Raises
    ------
    DataError
        If the table cannot be read, or lacks a named column.
    """
    table = read_table(root, name)
    frame = table.frame
    profiles = {one.name: one for one in column_profiles(frame)}
    for column in (label, group):
        if column is not None and column not in profiles:
            raise DataError(f"{name}: {unknown('column', column, profiles)}")
    path, folder, also = _paths(frame, profiles, files)
    split = _first(profiles, SPLITS)
    taken = [path, *([split] if split else [])]
    label = label or _label(profiles, taken)
    shown = [column for column in content(frame) if column != label]
    candidates = group_candidates(profiles.values(), frame, label, others=[*taken, *shown])
    chosen = group or next((one.name for one in candidates if one.looks_like_group()), None)
    values = [str(v) for v in frame[split].dropna().unique()] if split else []
    held = next((v for v in values if v.lower() in ("test", "testing")), None)
    cells = as_texts(frame[label].tolist())
    by = _separator(cells)
    classes = _row_classes(frame[label], cells, by)
    lines = [
        f"table = {toml_value(name)}{_trailing_comment(_column_list(profiles.values()))}",
        f"path = {toml_value(path)}",
        *_lost_lines(locate([_below(folder, text) for text in table.texts(path)], root, table.folder), table, path),
        *([f"# files are in {toml_comment(f'{folder}/')}; there are also {_folders(also)}"] if also else []),
        f"label = {toml_value(label)}{_trailing_comment(_count(profiles[label]))}",
        *_task_lines(by, classes),
        *_group_lines(profiles, chosen, candidates),
        *_id_lines(profiles, [path, label, *shown]),
    ]
    if split:
        lines.append(f"split = {toml_value(split)}{_trailing_comment(', '.join(values[:6]))}")
    test = f"test = {{ column = {toml_value(split)}, value = {toml_value(held)} }}" if split and held else None
    locked = frame[split].astype(str) == held if held else pd.Series(False, index=frame.index)
    return TableDraft(
        tuple(lines),
        test,
        folder,
        classes,
        frame[chosen] if chosen else None,
        locked,
        frame,
        tuple({*taken, label, *([chosen] if chosen else [])}),
        by is not None,
    )


def _paths(
    frame: pd.DataFrame, profiles: dict[str, ColumnProfile], files: Sequence[str], *, looked_at: int = 200
) -> tuple[str, str, list[str]]:
    """Return the path column, the folder of its paths, and other folders with files of the same names."""
    named = _first(profiles, PATHS)
    order = [*([named] if named else []), *(name for name in profiles if name != named)]
    # Tables often name files without their ending.
    known = {*files, *(str(PurePosixPath(name).with_suffix("")) for name in files)}
    folders = [folder for folder, _ in Counter(str(PurePosixPath(n).parent) for n in files).most_common(20)]
    # A margin of 1 %, so that a few odd names do not move the choice away from a column with a usual name.
    best: tuple[float, str, list[str]] = (0.0, named or next(iter(profiles)), [])
    for column in order:
        values = [str(v).replace("\\", "/") for v in frame[column].dropna().iloc[:looked_at]]
        for start in ("", *(folder for folder in folders if folder != ".")):
            share = sum(str(PurePosixPath(start, v)) in known for v in values) / max(1, len(values))
            if share > best[0] + 0.01:
                best = (share, column, [start])
            elif share and column == best[1] and start and share > best[0] - 0.01:
                best[2].append(start)
    _, column, starts = best
    largest = max(starts, key=lambda start: sum(n.startswith(f"{start}/") for n in files), default="")
    if "" in starts:
        return column, "", []
    return column, largest, [start for start in starts if start != largest]


def _label(profiles: dict[str, ColumnProfile], taken: Sequence[str]) -> str:
    """Return the class column: by its name, else the first with recurring values, else the first left."""
    named = _first(profiles, LABELS)
    if named:
        return named
    left = [one for one in profiles.values() if one.name not in taken] or list(profiles.values())
    recurring = [one for one in left if 2 <= one.values <= one.rows / 2 and not one.named_as_group]
    return (recurring or left)[0].name


def _separator(cells: Sequence[Text]) -> str | None:
    """Return what separates the classes of cells that hold several each, whose parts recur; else None."""
    by = cell_separator(cells, DataConfig.model_fields["separator"].default)
    texts = {cell for cell in cells if cell}
    parts = {part for text in texts for part in cell_parts(text, by)}
    return by if any(by in text or listed(text) for text in texts) and len(parts) < len(texts) else None


def _row_classes(column: pd.Series, cells: Sequence[Text], by: str | None) -> pd.Series:
    """Return the classes that rows hold, indexed by their position."""
    if by is None:
        return plain_texts(column).reset_index(drop=True).dropna()
    return pd.Series([cell_parts(cell, by) for cell in cells], dtype=object).explode().dropna()


def _task_lines(by: str | None, classes: pd.Series) -> list[str]:
    """Return the lines for rows of several classes, separated by `by`; none where it is None."""
    if by is None:
        return []
    comment = f"a row holds several of {classes.nunique():,} classes"
    lines = [f'task = "multi"{_trailing_comment(comment)}']
    return lines if by == "|" else [*lines, f"separator = {toml_value(by)}"]


def _below(folder: str, path: Text) -> Text:
    return f"{folder}/{path}" if folder and path else path


def _lost_lines(located: Located, table: LabelTable, column: str) -> list[str]:
    """Return a comment about rows that name a file that does not exist, if there are any."""
    paths = table.texts(column)
    lost = [row for row in located.missing if paths[row] is not None]
    if not lost:
        return []
    name = "names" if len(lost) == 1 else "name"
    first = toml_comment(f"{table.place(lost[0])}, {paths[lost[0]]}")
    return [f'# {count(len(lost), "row")} {name} a file that is not there (first: {first}): see missing = "drop"']


def _group_lines(
    profiles: dict[str, ColumnProfile], chosen: str | None, candidates: Sequence[ColumnProfile]
) -> list[str]:
    """Return the line of the group column, or a commented line with the best candidate."""
    if chosen is not None:
        return [
            f"group = {toml_value(chosen)}{_trailing_comment(_count(profiles[chosen]) + '; never crosses folds')}"
        ]
    if candidates:
        first = candidates[0]
        comment = f"{_count(first)}: uncomment if rows that share a value are alike"
        return [f"# group = {toml_value(first.name)}{_trailing_comment(comment)}"]
    return ["# group = COLUMN            # what rows have in common; never crosses folds"]


def _id_lines(profiles: dict[str, ColumnProfile], taken: Sequence[str]) -> list[str]:
    own = next((one for one in profiles.values() if one.unique and one.name not in taken and one.whole), None)
    return [f"# id = {toml_value(own.name)}{_trailing_comment(f'{own.values:,} values, one a row')}"] if own else []


def _column_list(profiles: Iterable[ColumnProfile], *, most: int = 8) -> str:
    every = list(profiles)
    more = f", and {len(every) - most} more" if len(every) > most else ""
    return "columns: " + ", ".join(f"{one.name} ({one.values:,})" for one in every[:most]) + more


def _count(profile: ColumnProfile) -> str:
    return f"{profile.values:,} values"


def _trailing_comment(comment: str) -> str:
    return f"  # {toml_comment(comment)}" if comment.strip() else ""


def _folders(names: Iterable[str]) -> str:
    return toml_comment(f"{name}/" for name in names)


def _first(columns: Iterable[str], wanted: Sequence[str]) -> str | None:
    by_word = {str(column).lower(): str(column) for column in columns}
    return next((by_word[word] for word in wanted if word in by_word), None)
