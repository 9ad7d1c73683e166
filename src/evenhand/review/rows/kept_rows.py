"""The rows of a review kept in a file, so that the page opens at once where nothing has changed since.

Reading a hundred thousand files for their hashes takes many seconds, and the configuration, the models of a run and
what checks them take more than a second to import. What is kept names everything that it was made from, with size,
times and number of each file, as Git's index does; where one of them is another now, nothing is taken from it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet

from evenhand.base.errors import EvenhandError
from evenhand.base.storage.files.atomic import replacing, to_json
from evenhand.base.storage.files.checksums import append_checksum, without_checksum
from evenhand.base.storage.samples_frame import samples_frame, samples_of
from evenhand.base.values import Finding
from evenhand.data.roots.zip_index import ZipEntry
from evenhand.review.rows.review_rows import ReviewRows

FORMAT = 3
SETTLED_S = 2.0
"""Files that changed later than so many seconds before are not trusted: times of files are as coarse as that."""

_PROGRAM = Path(__file__).parents[2]
_ABOUT = b"evenhand"
_ENTRY_FIELDS = tuple(one.name for one in fields(ZipEntry))
_P, _ENTRY, _OWN = "eh:p", "eh:entry", ("eh:fold", "eh:source", "eh:family", "eh:disagreement")


@dataclass(frozen=True, eq=False)
class Reviewed:
    """The rows of a review, and what their pictures are made of.

    Attributes
    ----------
    rows
        The rows.
    kind
        The name of their kind of data.
    data, section
        [data] and the section of the kind as plain values, paths absolute.
    entries
        Where the files of the rows are in a zip, by name; empty if the root is not one.
    """

    rows: ReviewRows
    kind: str
    data: Mapping[str, Any]
    section: Mapping[str, Any]
    entries: Mapping[str, ZipEntry] = field(default_factory=dict)


class _KeptEntries(Mapping[str, ZipEntry]):
    """Places of files in a zip, of which few are ever asked for: each is made when it is."""

    def __init__(self, paths: Sequence[str], places: npt.NDArray[np.int64]) -> None:
        there = np.flatnonzero(places[:, 0] >= 0)
        self._at = dict(zip(paths, range(len(paths)), strict=True))
        if len(there) < len(paths):
            self._at = {paths[at]: at for at in there.tolist()}
        self._places = places

    def __getitem__(self, path: str) -> ZipEntry:
        return ZipEntry(*self._places[self._at[path]].tolist())

    def __iter__(self) -> Iterator[str]:
        return iter(self._at)

    def __len__(self) -> int:
        return len(self._at)


def read_kept(path: Path, asked: Mapping[str, Any]) -> Reviewed | None:
    """Return what was kept in a file, or None if that is something else, or not what would be read now.

    Parameters
    ----------
    asked
        What determines the rows beside files, as plain values (`keep`).
    """
    try:
        whole = without_checksum(path)  # its own checksums leave out the footer, which says how many rows there are
        if whole is None:
            return None
        with pa.parquet.ParquetFile(pa.BufferReader(whole)) as file:
            about = json.loads(file.schema_arrow.metadata[_ABOUT])
            if about["asked"] != dict(asked) or about["format"] != FORMAT:
                return None
            if about["stamp"] != stamp(about["files"]):
                return None
            return _reviewed(file.read(use_threads=False), about)
    except (OSError, pa.ArrowException, EvenhandError, KeyError, TypeError, ValueError):
        return None  # it is a copy of what can be read anew


def keep(
    path: Path, asked: Mapping[str, Any], files: Sequence[str], before: str | None, reviewed: Reviewed
) -> None:
    """Keep rows in a file, unless something that they were read from has changed meanwhile.

    Parameters
    ----------
    asked
        What determines the rows beside files.
    files
        Files and folders that they were read from; those that are not there count too, as they may come.
    before
        The stamp of these before they were read; None if that is not to be trusted.
    """
    if before is None or stamp(files) != before:
        return
    about = {"format": FORMAT, "asked": asked, "files": files, "stamp": before, **_about(reviewed)}
    # A folder that cannot be written to, or cells that Parquet does not hold: the rows are read anew each time.
    with contextlib.suppress(OSError, pa.ArrowException), replacing(path) as part:
        table = _with_entries(_table(reviewed.rows), reviewed)
        metadata = {**(table.schema.metadata or {}), _ABOUT: to_json(about).encode()}
        pa.parquet.write_table(table.replace_schema_metadata(metadata), part, compression="lz4")
        append_checksum(part)


def stamp(files: Iterable[str]) -> str | None:
    """Return a hash of names, sizes, times and numbers of files, of all below folders, and of this program's own.

    None if one was changed just now, or a link leads to a folder, which is not followed.
    """
    newest, digest = 0, hashlib.blake2b(digest_size=16)
    for name, ending in (*((name, "") for name in files), (str(_PROGRAM), ".py")):
        for path, found in _files(name, ending):
            if found is None:
                digest.update(f"{path}\0-\0".encode(errors="surrogateescape"))
                continue
            if stat.S_ISDIR(found.st_mode):
                return None
            newest = max(newest, found.st_mtime_ns, found.st_ctime_ns)
            mark = f"{path}\0{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns} {found.st_ino}\0"
            digest.update(mark.encode(errors="surrogateescape"))
    return None if newest > time.time_ns() - SETTLED_S * 1e9 else digest.hexdigest()


def _files(name: str, ending: str) -> Iterator[tuple[str, os.stat_result | None]]:
    """Yield a file, or all below a folder, with what the system knows of each; None of one that is not there."""
    waiting = [name]
    while waiting:
        path = waiting.pop()
        try:
            entries = sorted(os.scandir(path), key=lambda entry: entry.name)
        except NotADirectoryError:
            yield path, os.stat(path)  # noqa: PTH116  (a Path for each of a hundred thousand files takes a second)
            continue
        except FileNotFoundError:
            yield path, None
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
            elif entry.name.endswith(ending):
                yield entry.path, _stat(entry)


def _stat(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat()
    except OSError:  # a link that leads nowhere
        return None


def _table(rows: ReviewRows) -> pa.Table:
    frame = samples_frame(rows.samples)
    family = np.full(len(rows), None) if rows.families is None else rows.families
    for name, values in zip(_OWN, (rows.fold, rows.source, family, rows.disagreement), strict=True):
        frame[name] = values
    table = pa.Table.from_pandas(frame, preserve_index=False)
    # All of a row in one cell: a column per class would be five thousand columns of some data.
    cells = pa.FixedSizeListArray.from_arrays(pa.array(rows.probabilities.ravel()), rows.k)
    return table.append_column(_P, cells) if rows.predicted.any() else table


def _with_entries(table: pa.Table, reviewed: Reviewed) -> pa.Table:
    if not reviewed.entries:
        return table
    nowhere = ZipEntry(-1, 0, 0, 0, 0)
    found = [reviewed.entries.get(path, nowhere) for path in reviewed.rows.samples.frame["path"]]
    numbers = pa.array(
        np.array([[getattr(entry, name) for name in _ENTRY_FIELDS] for entry in found], dtype=np.int64).ravel()
    )
    return table.append_column(_ENTRY, pa.FixedSizeListArray.from_arrays(numbers, len(_ENTRY_FIELDS)))


def _about(reviewed: Reviewed) -> dict[str, Any]:
    rows, samples = reviewed.rows, reviewed.rows.samples
    return {
        "kind": reviewed.kind,
        "data": reviewed.data,
        "section": reviewed.section,
        "samples": {
            "kind": samples.kind,
            "classes": samples.classes,
            "levels": samples.levels,
            "task": samples.task,
            "exclusive": [block.classes for block in samples.exclusive],
        },
        "classes": rows.classes,
        "families": rows.families is not None,
        "model": rows.model,
        "truth_threshold": rows.truth_threshold,
        "reported": [finding.document() for finding in rows.reported],
    }


def _reviewed(table: pa.Table, about: Mapping[str, Any]) -> Reviewed:
    classes, n = tuple(about["classes"]), len(table)
    probabilities = np.full((n, len(classes)), np.nan, dtype=np.float32)
    if _P in table.column_names:
        probabilities = table[_P].combine_chunks().flatten().to_numpy().reshape(n, len(classes)).copy()
        table = table.drop_columns([_P])
    entries: Mapping[str, ZipEntry] = {}
    if _ENTRY in table.column_names:
        places = table[_ENTRY].combine_chunks().flatten().to_numpy().reshape(n, len(_ENTRY_FIELDS))
        entries = _KeptEntries(table["path"].to_pylist(), places)
        table = table.drop_columns([_ENTRY])
    frame = table.to_pandas()
    fold, source, family, disagreement = (frame[name].to_numpy() for name in _OWN)
    rows = ReviewRows(
        samples_of(frame.drop(columns=list(_OWN)), about["samples"]),
        classes,
        fold.astype(object),
        probabilities,
        source.astype(object),
        tuple(Finding.from_document(one) for one in about["reported"]),
        family.astype(object) if about["families"] else None,
        disagreement.astype(np.float64),
        about["model"],
        about["truth_threshold"],
    )
    return Reviewed(rows, about["kind"], about["data"], about["section"], entries)
