"""The table of planted rows: rows of known class that measure the error of whoever reviews them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evenhand.base.errors import DataError, unknown
from evenhand.base.storage.files.regular_file import read_regular
from evenhand.base.text.cells import cell_text
from evenhand.base.text.label_texts import SEPARATOR
from evenhand.data.roots.file_names import some
from evenhand.data.tables.corrections_file import Names, cell_names
from evenhand.data.tables.csv_dialect import MOST_BYTES, csv_cells, decode_csv

REQUIRED = ("id", "label")
SHOWN = "shown"
"""The column of the class under which a row is shown; without it, or where it is empty, that of the data."""


@dataclass(frozen=True)
class Planted:
    """Planted rows by id.

    Attributes
    ----------
    known
        The classes that a row is known to have.
    shown
        The classes under which a row is shown, where they are not those of the data.
    """

    known: Mapping[str, Names] = field(default_factory=dict)
    shown: Mapping[str, Names] = field(default_factory=dict)


def read_planted(path: Path, *, several: bool = False) -> Planted:
    """Return the planted rows of a CSV file with the columns id, label and, if wanted, shown.

    Parameters
    ----------
    several
        Whether a row may have several classes: then they are separated by "|", or a JSON list.

    Raises
    ------
    DataError
        If the file cannot be read or is not such a table; the text lists faults with their lines.
    """
    try:
        header, cells, lines = csv_cells(decode_csv(read_regular(path, most=MOST_BYTES), path.name, None)[0])
    except OSError as error:
        raise DataError(f"{path}: the table of planted rows cannot be read ({error.strerror}).") from None
    except DataError as error:
        raise DataError(f"{path.name}: {error}") from None
    titles = [title.strip().lower() for title in header]
    lacking = [name for name in REQUIRED if titles.count(name) != 1]
    if lacking:
        raise DataError(
            f"{path.name}: must have the columns id and label, once each; its columns are {some(titles, most=8)}. "
            "label is the class that a row is known to have, and a column shown may say under which it is shown."
        )
    at = {name: titles.index(name) for name in (*REQUIRED, SHOWN) if name in titles}
    known, shown, faults = dict[str, Names](), dict[str, Names](), list[str]()
    for row, line in zip(cells, lines, strict=True):
        values = {name: row[column] for name, column in at.items()}
        name = cell_text(values["id"])
        names = {key: cell_names(values.get(key, ""), separator=SEPARATOR if several else None) for key in at}
        label, under = names["label"], names.get(SHOWN)
        if name is None or label is None:
            faults.append(f"line {line:,}: the {'id' if name is None else 'label'} is missing.")
        elif name in known:
            faults.append(f'line {line:,}: the id "{name}" occurs before.')
        elif not several and max(len(label), len(under or ())) > 1:
            faults.append(f'line {line:,}: "{name}" has several classes, and rows of these data have one each.')
        else:
            known[name] = label
            if under is not None:
                shown[name] = under
    if faults:
        raise DataError("\n".join([f"{path.name}: {len(faults):,} faults.", *(f"  {one}" for one in faults[:8])]))
    return Planted(known, shown)


def check_planted(planted: Planted, name: str, ids: Sequence[str], classes: Sequence[str]) -> None:
    """Raise `DataError` if a planted row is not among the rows, or has a class that there is not.

    Parameters
    ----------
    name
        The name of the file.
    """
    there = set(ids)
    absent = [row for row in planted.known if row not in there]
    if absent:
        raise DataError(
            f"{name}: {len(absent):,} of {len(planted.known):,} planted rows are not among the {len(there):,} rows "
            f"of this review (first: {some(absent, most=3)}). Plant rows of these data, by their ids."
        )
    for label in (*planted.known.values(), *planted.shown.values()):
        for one in label:
            if one not in classes:
                raise DataError(f"{name}: {unknown('class', one, classes)}")
