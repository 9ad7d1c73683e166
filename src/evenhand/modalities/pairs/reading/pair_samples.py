"""From a table to samples: a row for each pair, or a half of one, with an id made of its picture and its text."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.text.cells import Text
from evenhand.base.text.counted import count
from evenhand.base.values import NO_LABEL, Finding, Samples
from evenhand.data.config import DataConfig
from evenhand.data.roots.content_hash import content_ids, hash_files
from evenhand.data.roots.file_names import some, suffix
from evenhand.data.roots.root import Root
from evenhand.data.roots.skipped import Skipped, findings_of
from evenhand.data.tables.class_folders import files_with_suffix
from evenhand.data.tables.path_lookup import locate
from evenhand.data.tables.places import LINE, TABLE, path_or_place
from evenhand.data.tables.row_filter import only_rows
from evenhand.data.tables.rows import require_columns, rows_of, unnamed_files
from evenhand.data.tables.samples import samples_of, unlabelled_samples
from evenhand.data.tables.table import LabelTable, read_table
from evenhand.modalities.pairs.config import PairsConfig
from evenhand.modalities.pairs.reading.pair_content import FILE, pair_content
from evenhand.modalities.pairs.reading.same_halves import common_keys, text_key
from evenhand.modalities.pairs.reading.template import columns_of, texts_of


def pair_samples(
    root: Root, data: DataConfig, config: PairsConfig, *, kind: str, suffixes: Collection[str]
) -> tuple[Samples, list[Finding]]:
    """Return a sample for each row of the table with a picture, a text or both, and findings.

    Rows that name the same file follow each other; otherwise they are in the order of the table.

    Raises
    ------
    DataError
        If there is no table, or it and the files do not fit; the text lists all faults of the table.
    """
    if data.table is None:
        raise DataError(
            f'{root.path}: data.kind = "{kind}" reads pictures and texts from a table, and none is named. Name it '
            'in data.table; for pictures in folders alone, set data.kind = "photos".'
        )
    table = read_table(root, data.table, encoding=data.table_encoding)
    require_columns(table, data)
    findings = [
        *findings_of(root.skipped(), root.path.name),
        *unnamed_files(table, root, data, files_with_suffix(root, suffixes)),
        *table.findings,
    ]
    if data.only:
        table = table.take(only_rows(table, data.only))
    rows, odd = rows_of(table, root, data, texts_of(table, config.text))
    files, contents, unreadable = _contents(root, rows.names, rows.texts or [])
    readable = np.array([file is not None for file in files], dtype=bool)
    rows = rows.take(readable)
    known = [file for file in files if file is not None]
    hashes = [one for one in contents if one]
    samples, about_labels = samples_of(rows, hashes, data, kind=kind)
    # The hash of a row says which its file was, so that rows that labels left out need not be followed.
    file_of = samples.frame["content"].map(dict(zip(hashes, known, strict=True)))
    samples = replace(samples, frame=samples.frame.assign(**{FILE: file_of}))
    findings += [
        *odd,
        *findings_of(unreadable, table.name),
        *about_labels,
        *_common(rows.texts or [], known, table),
    ]
    return _by_file(samples), findings


def unlabelled_pairs(
    root: Root, data: DataConfig, config: PairsConfig, *, kind: str, suffixes: Collection[str]
) -> tuple[Samples, list[Finding]]:
    """Return every pair below a root without classes: the rows of its table, or its pictures where it has none.

    The table is the one that is called like that of the run, or else the only one with the columns of the text.
    A picture that does not exist is a missing half.

    Raises
    ------
    DataError
        If there is neither a table nor a picture, or several tables could be meant.
    """
    table = _table_below(root, data, config)
    if table is None:
        samples, findings = unlabelled_samples(root, kind=kind, suffixes=suffixes)
        return replace(samples, frame=samples.frame.assign(text="")), findings
    texts, rows = texts_of(table, config.text), range(len(table))
    paths = table.texts(data.path) if data.path in table.frame else [None] * len(table)
    names = [name or "" for name in locate(paths, root, table.folder).names]
    files, contents, unreadable = _contents(root, names, texts)
    keep = [row for row in rows if files[row] is not None and (names[row] or texts[row])]
    lost = [row for row in rows if paths[row] is not None and not names[row]]
    findings = [*findings_of([*root.skipped(), *unreadable], root.path.name), *table.findings]
    if lost:
        message = (
            f"{table.name}: {len(lost):,} of {len(table):,} rows name a file that does not exist (first: "
            f'{table.place(lost[0])}, "{paths[lost[0]]}"); they are predicted from their text, or left out without.'
        )
        findings.append(Finding("EH101", "warning", message, about=table.name, evidence={"rows": len(lost)}))
    empty = [row for row in rows if not names[row] and not texts[row]]
    if empty:
        message = (
            f"{table.name}: {len(empty):,} of {count(len(table), 'row')} {'has' if len(empty) == 1 else 'have'} "
            f"neither a picture nor a text (first: {table.place(empty[0])}), and no prediction."
        )
        findings.append(Finding("EH101", "warning", message, about=table.name, evidence={"rows": len(empty)}))
    frame = pd.DataFrame(
        {
            "path": [path_or_place(names[row], table, row) for row in keep],
            "content": [contents[row] for row in keep],
            "text": [texts[row] or "" for row in keep],
            TABLE: table.name,
            LINE: keep,
        },
        dtype=object,
    )
    frame.insert(0, "id", content_ids(frame["content"].tolist(), frame["path"].tolist()))
    if data.id is not None and data.id in table.frame:
        given = table.texts(data.id)
        named = [given[row] for row in keep]
        if all(named) and len(set(named)) == len(named):
            frame["id"] = named
    labels = np.full(len(frame), NO_LABEL, dtype=np.int64)
    return _by_file(Samples(frame, classes=(), labels=labels, kind=kind)), findings


def _table_below(root: Root, data: DataConfig, config: PairsConfig) -> LabelTable | None:
    """Return the table of a root that was not trained on, or None where it holds none that fits."""
    wanted = Path(data.table).name if data.table else ""
    tables = [name for name in root.names() if suffix(name) in (".csv", ".tsv", ".parquet")]
    same = sorted((name for name in tables if name.rpartition("/")[2] == wanted), key=len)
    if same:
        return read_table(root, same[0], encoding=data.table_encoding)
    columns = columns_of(config.text)
    fitting = []
    for name in tables if columns else []:
        with contextlib.suppress(DataError):  # a table of something else
            table = read_table(root, name, encoding=data.table_encoding)
            if set(columns) <= set(table.frame.columns):
                fitting.append(table)
    if len(fitting) > 1:
        raise DataError(
            f"{root.path}: {len(fitting):,} tables have the columns of the text: "
            f"{some([table.name for table in fitting])}. Leave one of them there, or call it {wanted}."
        )
    return fitting[0] if fitting else None


def _contents(
    root: Root, names: Sequence[str], texts: Sequence[Text]
) -> tuple[list[str | None], list[str], list[Skipped]]:
    """Return of each row the hash of its file ("" without one, None if it cannot be read), and that of the row."""
    distinct = [name for name in dict.fromkeys(names) if name]
    found = dict(zip(distinct, hash_files(root, distinct), strict=True))
    faults = [Skipped(name, str(item)) for name, item in found.items() if isinstance(item, DataError)]
    files = ["" if not name else _readable(found[name]) for name in names]
    contents = ["" if file is None else pair_content(file, text) for file, text in zip(files, texts, strict=True)]
    return files, contents, faults


def _readable(found: str | DataError) -> str | None:
    return found if isinstance(found, str) else None


def _by_file(samples: Samples) -> Samples:
    """Return samples in their order, except that rows of one file follow its first."""
    first = samples.frame.groupby("path", sort=False).ngroup().to_numpy()
    return samples if (np.diff(first) >= 0).all() else samples.take(np.argsort(first, kind="stable"))


def _common(texts: Sequence[Text], files: Sequence[str], table: LabelTable) -> list[Finding]:
    """Return a note about texts and pictures that so many rows share that they do not tie rows together."""
    keys = [None if text is None else text_key(text) for text in texts]
    found = [("text", key, n) for key, n in common_keys(keys).items()]
    found += [("picture", key, n) for key, n in common_keys([file or None for file in files]).items()]
    out = []
    for what, key, n in found:
        shown = f' "{str(key)[:80]}"' if what == "text" else f" (content {key})"
        message = (
            f"{table.name}: {n:,} of {len(texts):,} rows have the same {what}{shown}: so many that it says nothing "
            "of a row, and does not keep them in one fold."
        )
        out.append(Finding("EH103", "note", message, about=table.name, evidence={"rows": n, "of": len(texts)}))
    return out
