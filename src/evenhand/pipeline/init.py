"""`init`: a commented configuration for what is found in a folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

import pandas as pd
import tomlkit

from evenhand.base.errors import DataError
from evenhand.data.root import Root, open_root
from evenhand.modalities import KINDS, Kind
from evenhand.modalities.kind import Draft

_TABLES = (".csv", ".tsv", ".parquet")
_LABELS = ("label", "class", "target", "category", "fine", "species", "diagnosis", "y")
_PATHS = ("path", "file", "filename", "file_name", "image", "image_id", "name")
_GROUPS = ("group", "patient", "patient_id", "subject", "series", "session", "record", "product", "user")
_SPLITS = ("split", "set", "subset", "fold")

_TEMPLATE = """\
# What to learn from, and how. Every key: evenhand's reference of the configuration.
output = "runs"                 # records are made below this folder

[data]
kind = {kind}
root = {root}
{data}
[folds]
k = {k}                           # every row is held out in one of these folds
{test}
{own}[[model]]                       # one entry per model; every model is trained on every fold
name = {name}
encoder = {encoder}
tune = {tune} # head | all | from:STAGE
head = "linear"                 # linear | mlp | cosine

[train]
epochs = 20
batch_size = 64
learning_rate = 1e-3
early_stop = 5                  # epochs without a better one; 0 is off

[balance]
sampler = "none"                # none | balanced | power | sqrt | effective_number | target_mix | balanced_subset
weights = "none"                # none | inverse | effective_number | downweight

[score]                         # what is maximised
macro_f1 = 1.0

[ensemble]
methods = ["equal", "nnls"]
"""


def init(folder: str | Path) -> str:
    """Return a commented TOML text for the data in a folder or a zip.

    Parameters
    ----------
    folder
        Where the data lie: a table beside the files, or a folder per class.

    Raises
    ------
    DataError
        If nothing is there that a configuration could be made for.
    """
    root = open_root(Path(folder))
    kind, files = _kind_of(root)
    draft = kind.draft(root) or _of_files(root, files)
    return _TEMPLATE.format(
        kind=_quoted(kind.name),
        root=_quoted(str(Path(folder))),
        data="".join(f"{line}\n" for line in draft.data),
        k=5,
        test=f"{draft.test}  # locked: opened once, at the end\n",
        own=draft.own,
        name=_quoted("frozen" if kind.tune == "head" else "first"),
        encoder=_quoted(kind.encoder),
        tune=f"{_quoted(kind.tune):<24}",
    )


def _of_files(root: Root, files: Sequence[str]) -> Draft:
    """Return the draft for files that a table, or their folders, give classes."""
    table = _table_in(root)
    lines = _from_table(root, table) if table else _from_folders(root, files)
    test = next((line for line in lines if line.startswith("test =")), "test = { fraction = 0.2 }")
    return Draft(tuple(line for line in lines if not line.startswith("test =")), test)


def _kind_of(root: Root) -> tuple[Kind, list[str]]:
    """Return the kind of data that most files are of, and those files."""
    names = root.names()
    best: Kind | None = None
    held: list[str] = []
    for _, kind in KINDS:
        suffixes = tuple(getattr(kind, "suffixes", ()))
        mine = [n for n in names if PurePosixPath(n).suffix.lower() in suffixes]
        if len(mine) > len(held):
            best, held = kind, mine
    if best is None:
        seen = Counter(PurePosixPath(n).suffix.lower() or "no suffix" for n in names)
        there = ", ".join(f"{count} × {suffix}" for suffix, count in seen.most_common(5)) or "it is empty"
        raise DataError(
            f"{root.path}: nothing was found that a model could learn from ({there}). "
            "Give a folder with photos (JPEG, PNG, WebP, TIFF, BMP) or heartbeats (WFDB records), or a zip of one."
        )
    return best, held


def _table_in(root: Root) -> str | None:
    tables = [n for n in root.names() if "/" not in n and PurePosixPath(n).suffix.lower() in _TABLES]
    if not tables:
        return None
    preferred = [n for n in tables if "label" in n.lower() or "train" in n.lower()]
    return max(preferred or tables, key=root.size)


def _from_table(root: Root, table: str) -> list[str]:
    import io

    raw = root.read(table)
    if table.endswith(".parquet"):
        columns = list(pd.read_parquet(io.BytesIO(raw)).columns)
        frame = pd.read_parquet(io.BytesIO(raw))
    else:
        frame = pd.read_csv(io.BytesIO(raw), sep=None, engine="python", nrows=5000)
        columns = list(frame.columns)
    path = _first(columns, _PATHS) or columns[0]
    label = _first(columns, _LABELS) or next((c for c in columns if c != path), columns[0])
    lines = [f"table = {_quoted(table)}", f"path = {_quoted(path)}", f"label = {_quoted(label)}"]
    group, split = _first(columns, _GROUPS), _first(columns, _SPLITS)
    lines.append(
        f"group = {_quoted(group)}"
        if group
        else "# group = COLUMN            # what rows have in common; never crosses folds"
    )
    if split:
        lines.append(f"split = {_quoted(split)}")
        values = [str(v) for v in frame[split].dropna().unique()]
        if "test" in values:
            lines.append(f'test = {{ column = {_quoted(split)}, value = "test" }}')
    return lines


def _from_folders(root: Root, files: Sequence[str]) -> list[str]:
    tops = {PurePosixPath(n).parts[0] for n in files if "/" in n}
    if not tops:
        raise DataError(
            f"{root.path}: {len(files)} files, but neither a table of labels nor a folder per class. "
            "Put each class into a folder of its own, or add a CSV with the columns path and label."
        )
    return ['# a folder per class; or: table = "labels.csv", path = "path", label = "label"']


def _first(columns: Iterable[str], wanted: Sequence[str]) -> str | None:
    by_word = {str(c).lower(): str(c) for c in columns}
    return next((by_word[word] for word in wanted if word in by_word), None)


def _quoted(text: str) -> str:
    return tomlkit.item(text).as_string()
