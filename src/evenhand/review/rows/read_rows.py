"""Read the rows of a review from a configuration or a run, with the names of the files that they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evenhand.base.errors import DataError
from evenhand.base.storage.record import Record
from evenhand.data.config import DataConfig
from evenhand.data.roots.root import root_of
from evenhand.data.roots.zip_index import ZipEntry
from evenhand.data.roots.zip_root import ZipRoot
from evenhand.review.rows.from_config import from_config
from evenhand.review.rows.from_record import from_record
from evenhand.review.rows.kept_rows import Reviewed, stamp
from evenhand.review.rows.pictures import sections_of
from evenhand.review.rows.reported import CHECKED, checked_findings
from evenhand.review.rows.review_rows import ReviewRows
from evenhand.settings.load import load


@dataclass(frozen=True, eq=False)
class ReadRows:
    """Rows as they were read.

    Attributes
    ----------
    reviewed
        The rows, and what their pictures are made of.
    output
        The folder of the records.
    files
        Files and folders that the rows were read from, also those that were looked for and are not there.
    before
        The stamp of these before reading; None if it is not to be trusted.
    """

    reviewed: Reviewed
    output: Path
    files: tuple[str, ...]
    before: str | None


def read_rows(source: Path, *, changes: Sequence[str] = (), run: Path | None = None) -> ReadRows:
    """Return the rows of a run or a configuration.

    Parameters
    ----------
    source
        The folder of a run, or a TOML file.
    changes, run
        With a configuration, as `from_config` takes them.

    Raises
    ------
    EvenhandError
        If the source cannot be read.
    """
    return _of_record(Record.open(source)) if source.is_dir() else _of_config(source, changes, run)


def _of_record(record: Record) -> ReadRows:
    kind, data, section = sections_of(record)
    files = (str(record.path.resolve()), str(Path(data.root).resolve()))
    before = stamp(files)
    rows = from_record(record)
    reviewed = Reviewed(rows, kind, data.plain(), section.plain(), _entries(data, rows))
    return ReadRows(reviewed, record.path.parent, files, before)


def _of_config(source: Path, changes: Sequence[str], run: Path | None) -> ReadRows:
    settings = load(source, changes=changes)
    data, section = settings.data.plain(), settings.kind_config.plain()
    output = Path(settings.output)
    named = [str(source.resolve()), str((output / CHECKED).resolve()), *_named(source.parent, data, section)]
    files = tuple(named if run is None else [*named, str(run.resolve())])
    before = stamp(files)
    reported = () if run is not None else checked_findings(output)
    rows = from_config(source, changes=changes, record=run, reported=reported)
    reviewed = Reviewed(rows, settings.data.kind, data, section, _entries(settings.data, rows))
    return ReadRows(reviewed, output, files, before)


def _entries(data: DataConfig, rows: ReviewRows) -> dict[str, ZipEntry]:
    try:
        root = root_of(data)
        return root.entries(rows.samples.frame["path"]) if isinstance(root, ZipRoot) else {}
    except DataError:  # of a run whose data are not there any more; pictures say so
        return {}


def _named(base: Path, data: dict[str, Any], section: dict[str, Any]) -> tuple[str, ...]:
    """Return the paths that the sections may name: a table may be below the root, or beside the configuration."""
    named = [value for value in section.values() if isinstance(value, str) and Path(value).is_absolute()]
    named += [str(base / str(data[key])) for key in ("root", "table", "corrections") if data.get(key)]
    return tuple(dict.fromkeys(str(Path(name).resolve()) for name in named))
