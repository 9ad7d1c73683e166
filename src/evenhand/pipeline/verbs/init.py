"""`init`: a commented configuration for the data in a folder and a time limit."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.text.counted import count
from evenhand.base.text.toml_text import toml_comment, toml_value
from evenhand.data.roots.conversions import conversion_words
from evenhand.data.roots.root import Root, open_root
from evenhand.data.tables.class_folders import empty_classes, folder_layout, split_folder_for_test
from evenhand.modalities import KINDS, Kind
from evenhand.modalities.kind import Draft
from evenhand.pipeline.first_config.column_proposals import TableDraft, draft_of_table
from evenhand.pipeline.first_config.machine_speed import machine_speed
from evenhand.pipeline.first_config.recipes import DataFacts, Proposal, Speed, choose
from evenhand.pipeline.first_config.recipes.steps import batch_for, epochs_for
from evenhand.pipeline.first_config.too_few_classes import sentence, too_few_classes

_TABLES = (".csv", ".tsv", ".parquet")

_HEAD = """\
# What to learn from, and how. Every key: evenhand keys
{why}
output = "runs"                 # records are made below this folder

[data]
kind = {kind}
root = {root}
{data}
[folds]
k = {k}                           # every row is held out in one of these folds
{test}

{own}{models}
[score]                         # what is maximised
macro_f1 = 1.0

[ensemble]
methods = {methods}
"""

_METHODS = '["equal", "nnls", "nnls+bias"]   # bias: a shift per class, learned for the score'
# Without thresholds tuned for F1: those of a score that knows nothing predict the label for every row (EH412).
_METHODS_SEVERAL = '["equal", "nnls"]'

_PLAIN = """\
[[model]]                       # one entry per model; every model is trained on every fold
name = "first"
encoder = {encoder}
tune = {tune}
head = "linear"                 # linear | mlp | cosine

[train]
epochs = {epochs}
batch_size = {batch}
learning_rate = 1e-3
early_stop = 5                  # epochs without a better one; 0 is off
"""


@dataclass(frozen=True, eq=False)
class _FolderFacts:
    """Facts about a folder: lines of [data], [folds] and the section of the kind, and the inputs of recipes.

    `lacking` is a sentence where there are too few classes to learn from.
    """

    draft: Draft
    facts: DataFacts
    folder: str = ""
    several: bool = False
    lacking: str = ""


def init(
    folder: str | Path,
    *,
    minutes: float = 10.0,
    label: str | None = None,
    group: str | None = None,
    beside: str | Path | None = None,
    speed: Speed | None = None,
    kind: str | None = None,
) -> str:
    """Return a commented TOML text for the data in a folder or a zip.

    The best recipe (`evenhand.pipeline.first_config.recipes`) is chosen whose estimated time, from rows, classes,
    sizes and a short benchmark of this machine, is within the limit. Comments give the reasons and the estimate.

    Parameters
    ----------
    folder
        The data: a table beside the files, or a folder per class.
    minutes
        Time limit of a run.
    label, group
        Columns of the table for the class and the group; guessed if None.
    beside
        Folder of the configuration file, which the root is written relative to; None keeps it as passed.
    speed
        Speed of the machine; measured if None.
    kind
        Name of the kind of data; by the suffixes of the files if None.

    Raises
    ------
    DataError
        If the folder has no data of a known kind.
    """
    root = open_root(folder)
    known, files = _kind_of(root, [KINDS.get(kind)] if kind else [each for _, each in KINDS if each.proposed])
    found = _inspect(root, known, files, label, group, beside)
    speed = speed or machine_speed(root, known, files, found.facts.rows)
    chosen = choose(found.facts, speed, 60 * minutes * _SPARE)
    if chosen is None:
        name, proposal = "", _plain(known, found.facts)
    else:
        name, proposal = chosen[0].name, chosen[1]
    return _HEAD.format(
        why="\n".join(
            [
                *([f"# {toml_comment(found.lacking)}"] if found.lacking else []),
                _why(name, proposal, found.facts, speed, minutes),
            ]
        ),
        kind=toml_value(known.name),
        root=toml_value(_root(Path(folder), found.folder, beside)),
        data="".join(f"{line}\n" for line in found.draft.data),
        k=proposal.folds,
        test=f"{found.draft.test}  # locked: opened once, at the end",
        own=found.draft.kind_section,
        models=proposal.text,
        methods=_METHODS_SEVERAL if found.several else _METHODS,
    )


def _plain(kind: Kind, facts: DataFacts) -> Proposal:
    """Return the proposal for a kind of data without recipes."""
    folds = min(5, facts.bearable_folds)
    batch = batch_for(facts, folds, epochs=20, batch=64, steps=_PLAIN_STEPS)
    epochs = epochs_for(facts, folds, epochs=20, batch=batch, steps=_PLAIN_STEPS, most=60)
    text = _PLAIN.format(encoder=toml_value(kind.encoder), tune=toml_value(kind.tune), epochs=epochs, batch=batch)
    return Proposal(text, folds, 0.0, ())


_PLAIN_STEPS = 400
"""Optimizer steps to which few rows of a kind without recipes are brought; 2,000 rows in five folds take 500."""
_SPARE = 0.9
"""Share of the time limit that a proposal may be estimated to take, for estimates are not exact."""


def _why(name: str, proposal: Proposal, facts: DataFacts, speed: Speed, minutes: float) -> str:
    """Return comments: the data, the recipe, the reasons for it and the estimated time."""
    if not name:
        return f"# Found {count(facts.rows, 'row')}."
    pace = "measured" if speed.measured else f"{speed.why_not or 'not measured'}: a slow machine is assumed"
    lines = [
        f"{count(facts.rows, 'row')} in {count(facts.classes, 'class', 'classes')}; "
        f"recipe {name} for {count(minutes, 'minute')} "
        f"({count(speed.cores, 'core')}, {pace}).",
        *proposal.why,
        f"Expected to take about {max(0.1, proposal.seconds / 60):.1f} minutes (other times: init --minutes N).",
    ]
    return "\n".join(f"# {toml_comment(line)}" for line in lines)


def _root(folder: Path, below: str, beside: str | Path | None) -> str:
    """Return the root as written: relative to the folder of the configuration if that is known."""
    whole = folder / below if below else folder
    if beside is None:
        return str(whole)
    return PurePosixPath(os.path.relpath(whole.resolve(), Path(beside).resolve())).as_posix()


def _inspect(
    root: Root, kind: Kind, files: Sequence[str], label: str | None, group: str | None, beside: str | Path | None
) -> _FolderFacts:
    draft = kind.draft(root)
    if draft is not None:
        _refuse_columns(label, group, f"rows of {kind.name} are parts of files, which hold their labels")
        rows = _annotated(root) or len(files)
        return _FolderFacts(draft, DataFacts(kind.name, rows, round(0.2 * rows), 5, min(5, max(2, len(files)))))
    side = _side(root, kind, files)
    table = _table_in(root)
    if table is None:
        _refuse_columns(label, group, "there is no table beside the files")
        return _inspect_folders(root, kind, files, side)
    found = draft_of_table(root, table, files, label=label, group=group, content=kind.content_columns)
    lines = found.lines
    if found.root:  # paths are relative to a folder below that of the table
        where = _root(root.path, table, beside)
        lines = (found.lines[0].replace(toml_value(table), toml_value(where), 1), *found.lines[1:])
    test = found.test or _random_test(found.groups, len(found.frame))
    locked = int(found.locked.sum()) or (round(0.2 * len(found.frame)) if test else 0)
    bearable = _feasible_folds(found)
    facts = DataFacts(kind.name, len(found.frame), locked, found.classes.nunique(), bearable, side)
    section = kind.section_for(found.frame, found.taken)
    held = list(map(str, found.classes.dropna().unique()[:2]))
    lacking = "" if found.several or len(held) == 2 else sentence(held[0] if held else None)
    return _FolderFacts(Draft(lines, test or _NO_TEST, section), facts, found.root, found.several, lacking)


def _refuse_columns(label: str | None, group: str | None, why: str) -> None:
    """Raise if columns are named where there are none."""
    for word, column in (("class", label), ("group", group)):
        if column is not None:
            raise DataError(f"There is no column {column} to take the {word} from: {why}.")


_NO_TEST = "# no test: there are too few groups to lock some away"


def _random_test(groups: pd.Series | None, rows: int, *, least: int = 8) -> str | None:
    """Return the line that locks a random fifth, or None if there are too few groups."""
    # Rows of a group are locked together, so that groups are what a test is drawn from.
    units = rows if groups is None else groups.nunique()
    return "test = { fraction = 0.2 }" if units >= least else None


def _feasible_folds(found: TableDraft, *, most: int = 5) -> int:
    """Return the largest number of folds that the groups allow, ignoring classes in one or two groups."""
    # Only rows outside the locked test are divided into folds.
    left = ~found.locked.to_numpy()
    groups = pd.Series(range(len(left))) if found.groups is None else found.groups.reset_index(drop=True)
    units, held = groups[left], found.classes[left[found.classes.index]]
    per_class = groups.loc[held.index].groupby(held.to_numpy()).nunique()
    # A class in one or two groups cannot be in every fold anyhow, and must not force two folds on all others.
    enough = per_class[per_class >= 3]
    least = int(enough.min()) if len(enough) else 2
    return max(2, min(most, least, int(units.nunique())))


def _table_beside(root: Root) -> str:
    """Return a hint at a table that lies beside the folder of the files, not in it; "" where there is none."""
    above = Path(root.path).resolve().parent
    name = next((path.name for path in sorted(above.glob("*.csv")) if path.is_file()), None)
    if name is None:
        return ""
    shown = os.path.relpath(above)
    return f" {name} lies beside them: if it has the labels, name the folder of both (evenhand init {shown})."


def _inspect_folders(root: Root, kind: Kind, files: Sequence[str], side: int | None) -> _FolderFacts:
    """Return the facts about a folder per class."""
    tops = {PurePosixPath(n).parts[0] for n in files if "/" in n}
    if not tops:
        raise DataError(
            f"{root.path}: {len(files)} files, but neither a table of labels nor a folder per class. "
            "Put each class into a folder of its own, or add a CSV with the columns path and label. Where names of "
            "files hold the class, write a configuration with data.label_pattern (how-to guide: labels)."
            f"{_table_beside(root)}"
        )
    found = folder_layout(files)
    counts = Counter(name for name in found.classes if name is not None)
    shown = toml_comment(f"{name} ({files_of:,})" for name, files_of in counts.most_common(6))
    empty = empty_classes(root, files)
    lines = (
        f"# a folder per class: {shown}{', …' if len(counts) > 6 else ''}",
        *([f"# empty folders, of which there is no class: {toml_comment(empty[:6])}"] if empty else []),
        '# or: table = "labels.csv", path = "path", label = "label"',
    )
    split = split_folder_for_test(files)
    test = _random_test(None, len(files)) or _NO_TEST
    if split is not None:
        test = f'test = {{ column = "split", value = {toml_value(split)} }}'
    locked = found.splits.count(split) if split is not None else round(0.2 * len(files))
    bearable = max(2, min(5, *(count for count in counts.values() if count >= 3), 5))
    held: dict[str, list[str]] = {}
    for file, name in zip(files, found.classes, strict=True):
        if name is not None:
            held.setdefault(name, []).append(file)
    facts = DataFacts(kind.name, len(files), locked, len(counts), bearable, side)
    return _FolderFacts(Draft(lines, test), facts, lacking=too_few_classes(root, kind, held))


def _annotated(root: Root) -> int:
    """Return the approximate number of beats in annotation files, which take two bytes each."""
    return sum(root.size(name) for name in root.names() if name.endswith((".atr", ".ecg", ".qrs"))) // 2


def _side(root: Root, kind: Kind, files: Sequence[str], *, most: int = 15) -> int | None:
    """Return the median longer side of a few images spread over all files, px."""
    sides = []
    for name in files[:: max(1, len(files) // most)][:most]:
        try:
            facts = kind.facts_of(root, name)
        except DataError:
            continue
        if "width" in facts:
            sides.append(max(int(facts["width"]), int(facts["height"])))
    return sorted(sides)[len(sides) // 2] if sides else None


def _kind_of(root: Root, kinds: Sequence[Kind]) -> tuple[Kind, list[str]]:
    """Return the kind of data of most files, and those files."""
    names = root.names()
    best: Kind | None = None
    held: list[str] = []
    # By number of files, as folders of drawings hold pictures of some and folders of photos notes.
    for kind in kinds:
        suffixes = tuple(getattr(kind, "suffixes", ()))
        matching = [n for n in names if PurePosixPath(n).suffix.lower() in suffixes]
        if len(matching) > len(held):
            best, held = kind, matching
    if best is None:
        seen = Counter(PurePosixPath(n).suffix.lower() or "no suffix" for n in names)
        there = ", ".join(f"{count} × {suffix}" for suffix, count in seen.most_common(5)) or "it is empty"
        raise DataError(
            f"{root.path}: no data of a known kind were found ({there}). "
            "Give a folder with photos (JPEG, PNG, WebP, TIFF, BMP), heartbeats (WFDB records), drawings (DXF) or "
            "scans (sxm, gwy, gsf, npy, TIFF, PNG), or a zip of one."
            f"{conversion_words(names, [suffix for kind in kinds for suffix in kind.suffixes])}"
        )
    return best, held


def _table_in(root: Root) -> str | None:
    tables = [n for n in root.names() if "/" not in n and PurePosixPath(n).suffix.lower() in _TABLES]
    if not tables:
        return None
    # Of several, the largest: next to a table of labels lie small ones of classes or of a sample submission.
    preferred = [n for n in tables if "label" in n.lower() or "train" in n.lower()]
    return max(preferred or tables, key=root.size)
