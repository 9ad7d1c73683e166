"""Submissions in the format of a sample: the same ids, order and columns, filled in and checked."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError, nearest
from evenhand.base.storage.files.atomic import frame_csv, replacing
from evenhand.base.storage.files.regular_file import read_regular
from evenhand.base.text.cells import object_array
from evenhand.base.values import Ints, Predictions, Strings
from evenhand.data.tables.csv_dialect import MOST_BYTES, csv_cells, decode_csv


@dataclass(frozen=True, eq=False)
class Sample:
    """A sample submission, as read.

    Attributes
    ----------
    name
        Path of the file.
    header
        Names of the columns, in order, stripped of spaces.
    cells
        (n, columns) cells, stripped of spaces.
    lines
        (n,) line number of each row.
    written
        Header and cells with their spaces, which a submission must repeat.
    id_column
        Position of the column of ids.
    """

    name: str
    header: tuple[str, ...]
    cells: Strings
    lines: Ints
    written: tuple[tuple[str, ...], Strings]
    id_column: int = 0

    @property
    def ids(self) -> Strings:
        """(n,) ids, stripped of spaces."""
        return np.asarray(self.cells[:, self.id_column])

    @property
    def written_ids(self) -> Strings:
        """(n,) ids as written, with spaces."""
        return np.asarray(self.written[1][:, self.id_column])

    @property
    def others(self) -> tuple[str, ...]:
        """The columns to fill in."""
        return tuple(name for c, name in enumerate(self.header) if c != self.id_column)


@dataclass(frozen=True, eq=False)
class Submission:
    """A table like the sample.

    Attributes
    ----------
    table
        n rows in the order of the sample, with its columns and ids as written, including spaces.
    rows
        (n,) position of each row in the predictions.
    kind
        "label" or "probabilities".
    key
        What the ids are: "id", "path", "file name" or "file name without ending".
    extra
        Number of predictions that are not in the sample.
    """

    table: pd.DataFrame
    rows: Ints
    kind: str
    key: str
    extra: int


def read_sample(path: str | Path) -> Sample:
    """Return a sample submission (CSV).

    Raises
    ------
    DataError
        If it is missing or not a CSV, has only one column, or an id is empty or repeated (with the line).
    """
    path = Path(path)
    try:
        text, _ = decode_csv(read_regular(path, most=MOST_BYTES), path.name, None)
        header, rows, lines = csv_cells(text)
    except FileNotFoundError:
        raise DataError(f"{path}: file not found. Give the sample submission as CSV.") from None
    except IsADirectoryError:
        raise DataError(f"{path}: this is a folder. Give the sample submission as CSV.") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}). Give the sample submission as CSV.") from None
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    # Graders compare files cell by cell: what is read without its spaces is written back with them.
    written = (tuple(header), np.array(rows, dtype=object))
    header = [name.strip() for name in header]
    if len(header) < 2:
        raise DataError(
            f'{path}: only the column "{header[0]}" was found; ids and at least one column to fill in are needed.'
        )
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise DataError(f'{path}: the column "{repeated[0]}" is repeated.')
    cells = np.array([[cell.strip() for cell in row] for row in rows], dtype=object)
    sample = Sample(str(path), tuple(header), cells, np.asarray(lines), written, _id_column(header, cells))
    _check_ids(sample)
    return sample


def _id_column(header: Sequence[str], cells: Strings) -> int:
    """Return the position of the id column: one with a usual name, else the first without repeats, else 0."""
    for position, name in enumerate(header):
        if name.lower() in {"id", "image_id", "filename", "file", "image", "path"}:
            return position
    unique = [c for c in range(len(header)) if len(set(cells[:, c])) == len(cells)]
    return unique[0] if unique else 0


def _check_ids(sample: Sample) -> None:
    ids = sample.ids
    column = sample.header[sample.id_column]
    if (ids == "").any():
        row = int((ids == "").argmax())
        raise DataError(f'{sample.name}: line {sample.lines[row]:,} has an empty cell in the column "{column}".')
    again = pd.Series(ids).duplicated().to_numpy()
    if again.any():
        row = int(again.argmax())
        raise DataError(
            f'{sample.name}: {int(again.sum()):,} ids are repeated (first: "{ids[row]}", line '
            f'{sample.lines[row]:,}, column "{column}"). Ids must be unique.'
        )


def fill_sample(sample: Sample, p: Predictions, paths: Sequence[str] | Strings | None = None) -> Submission:
    """Return the sample filled in with predictions.

    The columns beside the ids are either one, filled with the name of the predicted class, or one per class, filled
    with probabilities.

    Parameters
    ----------
    p
        Predictions of at least the rows of the sample.
    paths
        (n,) paths of the rows of `p`, if ids are file names.

    Raises
    ------
    DataError
        If ids are not predicted, or the columns match neither form; the message names line and column.
    """
    key, rows = _match_ids(sample, p.ids, None if paths is None else np.asarray(paths, dtype=object))
    kind = _kind(sample, p)
    column = sample.header[sample.id_column]
    content: dict[str, object] = {}
    for name, written in zip(sample.header, sample.written[0], strict=True):
        if name == column:
            content[written] = sample.written_ids
        elif kind == "label":
            content[written] = np.array(p.classes, dtype=object)[p.predicted[rows]]
        else:
            content[written] = p.probabilities[rows, p.classes.index(name)]
    return Submission(pd.DataFrame(content), rows, kind, key, len(p) - len(rows))


def _match_ids(sample: Sample, ids: Strings, paths: Strings | None) -> tuple[str, Ints]:
    """Return what the ids of the sample are, and the position of each in the predictions."""
    keys = {"id": object_array(map(str, ids))}
    if paths is not None:
        files = [PurePosixPath(str(path)) for path in paths]
        keys |= {
            "path": np.array([str(path) for path in files], dtype=object),
            "file name": np.array([path.name for path in files], dtype=object),
            "file name without ending": np.array([path.stem for path in files], dtype=object),
        }
    found = {}
    for key, names in keys.items():
        index = pd.Index(names)
        if index.is_unique:
            found[key] = index.get_indexer(pd.Index(object_array(map(str, sample.ids))))
    if not found:
        raise DataError("Neither ids nor paths of the predictions are unique, so rows cannot be matched.")
    # Ids may be file names in one competition and stems in another: take what matches most, then insist on all.
    key = max(found, key=lambda name: int((found[name] >= 0).sum()))
    missing = np.flatnonzero(found[key] < 0)
    if len(missing):
        row = int(missing[0])
        close = nearest(str(sample.ids[row]), [str(name) for name in keys[key][:5000]])
        hint = f' Did you mean "{close}"?' if close else ""
        raise DataError(
            f"{sample.name}: {len(missing):,} of {len(sample.ids):,} ids are not predicted (first: "
            f'"{sample.ids[row]}", line {sample.lines[row]:,}, column "{sample.header[sample.id_column]}"). '
            f"Predict the files that they name, or give the sample that belongs to these files.{hint}"
        )
    return key, found[key]


def _kind(sample: Sample, p: Predictions) -> str:
    others = sample.others
    known = set(p.classes)
    if set(others) == known:
        return "probabilities"
    if len(others) == 1 and others[0] not in known:
        return _label_column(sample, p)
    lacking = [name for name in p.classes if name not in others]
    strange = [name for name in others if name not in known]
    words = [
        f"the sample lacks {len(lacking)} of {p.k} classes (first: {lacking[0]})" if lacking else "",
        f'it has columns that are not classes (first: "{strange[0]}")' if strange else "",
    ]
    raise DataError(
        f"{sample.name}: beside the ids there must be one column for the label, or one for each class; "
        f"{' and '.join(filter(None, words))}."
    )


def _label_column(sample: Sample, p: Predictions) -> str:
    """Return "label" after checking that the cells are classes, empty, or one placeholder in every row."""
    if p.multi_label:
        raise DataError(f"{sample.name}: the run is multi-label; the sample must have a column for each class.")
    position = sample.header.index(sample.others[0])
    values = sample.cells[:, position]
    strange = [(row, value) for row, value in enumerate(values) if value and value not in p.classes]
    # One strange value in all rows is a placeholder; several are labels that this run does not know.
    if strange and len({value for _, value in strange}) > 1:
        row, value = strange[0]
        close = nearest(value, p.classes)
        hint = f' Did you mean "{close}"?' if close else ""
        raise DataError(
            f'{sample.name}: line {sample.lines[row]:,}, column "{sample.others[0]}" holds "{value}", which is not '
            f"a class of this run ({', '.join(p.classes[:5])}{', …' if p.k > 5 else ''}).{hint}"
        )
    return "label"


def write_submission(made: Submission, sample: Sample, path: str | Path) -> Path:
    """Write a submission as CSV and check it by reading it back: ids, their order, columns, no empty cell.

    Raises
    ------
    DataError
        If the written file does not match the sample.
    """
    path = Path(path)
    with replacing(path) as part:
        frame_csv(made.table, part)
        with part.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        ids = [row[sample.id_column] for row in rows[1:]]
        same = tuple(rows[0]) == sample.written[0] and ids == sample.written_ids.tolist()
        if not same or any(cell == "" for row in rows[1:] for cell in row):
            raise DataError(
                f"{path}: the written file does not match {sample.name} and was discarded. Please report this."
            )
    return path
