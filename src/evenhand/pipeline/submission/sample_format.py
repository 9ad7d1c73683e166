"""A submission like a sample that somebody gives: the same ids, order and columns, filled in and checked."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError, nearest
from evenhand.base.storage.atomic import frame_csv, replacing
from evenhand.base.values import Ints, Predictions, Strings
from evenhand.data.tables.csv_dialect import csv_cells, decode_csv


@dataclass(frozen=True, eq=False)
class Sample:
    """A sample submission as it was written.

    Attributes
    ----------
    name
        The file.
    header
        Its columns, in order, without spaces around their names.
    cells
        (n, columns) text, without spaces around it.
    lines
        (n,) the line on which each row stands.
    written
        Header and cells with their spaces, as a submission must have them.
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
        """(n,) ids, without spaces around them."""
        return np.asarray(self.cells[:, self.id_column])

    @property
    def written_ids(self) -> Strings:
        """(n,) ids, as they are written."""
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
        n rows in the order of the sample, columns and ids as they are written there, spaces and all.
    rows
        (n,) which row of the predictions each one is.
    kind
        "label" or "probabilities".
    key
        What ids are: "id", "path", "file name" or "file name without ending".
    extra
        Predictions that the sample does not ask for.
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
        If it is not there or no CSV, has one column only, an id is empty or there twice; the text names the line.
    """
    path = Path(path)
    try:
        text, _ = decode_csv(path.read_bytes(), path.name, None)
        header, rows, lines = csv_cells(text)
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file. Give the sample submission as CSV.") from None
    except IsADirectoryError:
        raise DataError(f"{path}: is a folder. Give the sample submission as CSV.") from None
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    written = (tuple(header), np.array(rows, dtype=object))
    header = [name.strip() for name in header]
    if len(header) < 2:
        raise DataError(f'{path}: has the column "{header[0]}" only; ids and one column to fill in are needed.')
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise DataError(f'{path}: the column "{repeated[0]}" is there more than once.')
    cells = np.array([[cell.strip() for cell in row] for row in rows], dtype=object)
    sample = Sample(str(path), tuple(header), cells, np.asarray(lines), written, _id_column(header, cells))
    _check_ids(sample)
    return sample


def _id_column(header: Sequence[str], cells: Strings) -> int:
    """Return the column of ids: the one named id, else the first in which nothing comes twice, else the first."""
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
        raise DataError(f'{sample.name}: line {sample.lines[row]:,} has nothing in the column "{column}".')
    again = pd.Series(ids).duplicated().to_numpy()
    if again.any():
        row = int(again.argmax())
        raise DataError(
            f'{sample.name}: {int(again.sum()):,} ids are there more than once (first: "{ids[row]}", line '
            f'{sample.lines[row]:,}, column "{column}"). Each row must be asked for once.'
        )


def filled(sample: Sample, p: Predictions, paths: Sequence[str] | Strings | None = None) -> Submission:
    """Return the sample with what is predicted in it.

    The columns that are left beside the ids are either one, which gets the name of the predicted class, or every
    class, which get the probabilities.

    Parameters
    ----------
    p
        Predictions of at least the rows of the sample.
    paths
        (n,) paths of the rows of `p`, where ids are file names.

    Raises
    ------
    DataError
        If ids are not predicted, or columns are neither one label nor the classes; the text names line and column.
    """
    key, rows = _matched(sample, p.ids, None if paths is None else np.asarray(paths, dtype=object))
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


def _matched(sample: Sample, ids: Strings, paths: Strings | None) -> tuple[str, Ints]:
    """Return what the sample's ids are, and which row of the predictions each one is."""
    keys = {"id": ids.astype(str)}
    if paths is not None:
        own = [PurePosixPath(str(path)) for path in paths]
        keys |= {
            "path": np.array([str(path) for path in own], dtype=object),
            "file name": np.array([path.name for path in own], dtype=object),
            "file name without ending": np.array([path.stem for path in own], dtype=object),
        }
    found = {}
    for key, names in keys.items():
        index = pd.Index(names)
        if index.is_unique:
            found[key] = index.get_indexer(pd.Index(sample.ids.astype(str)))
    if not found:
        raise DataError("Neither ids nor paths of the predictions are unique, so rows cannot be told apart.")
    key = max(found, key=lambda name: int((found[name] >= 0).sum()))
    missing = np.flatnonzero(found[key] < 0)
    if len(missing):
        row = int(missing[0])
        close = nearest(str(sample.ids[row]), [str(name) for name in keys[key][:5000]])
        hint = f' Did you mean "{close}"?' if close else ""
        raise DataError(
            f"{sample.name}: {len(missing):,} of {len(sample.ids):,} ids are not predicted (first: "
            f'"{sample.ids[row]}", line {sample.lines[row]:,}, column "{sample.header[sample.id_column]}"). '
            f"Predict the files that they name, or give the sample of this set.{hint}"
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
        f'it has columns that are no class (first: "{strange[0]}")' if strange else "",
    ]
    raise DataError(
        f"{sample.name}: beside ids there must be one column for the label, or one for each class; "
        f"{' and '.join(filter(None, words))}."
    )


def _label_column(sample: Sample, p: Predictions) -> str:
    """Check that what the sample holds may be labels: classes, nothing, or the same placeholder in every row."""
    if p.multi_label:
        raise DataError(f"{sample.name}: rows may have several labels; the sample must have a column for each.")
    position = sample.header.index(sample.others[0])
    values = sample.cells[:, position]
    strange = [(row, value) for row, value in enumerate(values) if value and value not in p.classes]
    if strange and len({value for _, value in strange}) > 1:
        row, value = strange[0]
        close = nearest(value, p.classes)
        hint = f' Did you mean "{close}"?' if close else ""
        raise DataError(
            f'{sample.name}: line {sample.lines[row]:,}, column "{sample.others[0]}" holds "{value}", which is no '
            f"class of this run ({', '.join(p.classes[:5])}{', …' if p.k > 5 else ''}).{hint}"
        )
    return "label"


def write_submission(made: Submission, sample: Sample, path: str | Path) -> Path:
    """Write a submission as CSV and read it back: the same ids in the same order, the same columns, no empty cell.

    Raises
    ------
    DataError
        If what was written is not like the sample.
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
                f"{path}: what was written is not like {sample.name}; it was not kept. Please report it."
            )
    return path
