"""folds.csv: an id and a fold on each line, the fold a number from 0 or the word "test"; and families of rows."""

from __future__ import annotations

import csv
import io
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import FoldsError
from evenhand.base.storage.files.atomic import replacing
from evenhand.base.storage.files.regular_file import open_regular
from evenhand.base.values import TEST, Folds

_TEST = "test"
MOST_BYTES = 1_000_000_000
"""Largest file that is read."""

Line: TypeAlias = tuple[int, str, str, str]
"""Number of the line, id, fold as written, family ("" for none)."""


def write_folds(folds: Folds, path: Path) -> None:
    """Write folds.csv as `folds_csv` does, through a rename."""
    with replacing(path) as part:
        folds_csv(folds, part)


def folds_csv(folds: Folds, path: Path) -> None:
    """Write the header id,fold and a line per row into a new file; the fold of locked rows is "test".

    Where rows have families, a third column names them; it is empty for a row without relatives.
    """
    names = np.where(folds.fold == TEST, _TEST, folds.fold.astype(str))
    with path.open("w", encoding="utf-8", newline="") as file:
        families = [] if folds.families is None else [["" if name is None else name for name in folds.families]]
        has_bare_cr = any("\r" in str(name) for name in folds.ids)  # with minimal quoting csv leaves these bare
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL if has_bare_cr else csv.QUOTE_MINIMAL)
        writer.writerow(["id", "fold", *(["family"] if families else [])])
        writer.writerows(zip(folds.ids, names, *families, strict=True))


def fold_lines(path: Path) -> Iterator[Line]:
    """Yield the lines below the header; columns other than id, fold and family are ignored.

    Raises
    ------
    FoldsError
        If the file cannot be read or its header lacks a column.
    """
    try:
        # Excel writes a byte-order mark, and would have it part of the first column's name
        with io.TextIOWrapper(open_regular(path, most=MOST_BYTES), encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = [name.strip().lower() for name in next(reader, [])]
            if "id" not in header or "fold" not in header:
                found = f'the header is "{",".join(header)}"' if header else "the file is empty"
                raise FoldsError(f'{path}: line 1: {found}; it must name the columns "id" and "fold".')
            family_at = header.index("family") if "family" in header else None
            yield from _rows_below_header(reader, header.index("id"), header.index("fold"), family_at)
    except FileNotFoundError:
        raise FoldsError(f"{path}: there is no such file. Give the path of a folds.csv (id,fold).") from None
    except UnicodeDecodeError as error:
        raise FoldsError(f"{path}: byte {error.start} is not UTF-8. Save the file as UTF-8.") from None
    except OSError as error:
        raise FoldsError(f"{path}: cannot be read ({error.strerror}).") from None
    except csv.Error as error:
        raise FoldsError(f"{path}: line {reader.line_num}: is not CSV ({error}).") from None


def _rows_below_header(  # type: ignore[no-untyped-def]
    reader, id_at: int, fold_at: int, family_at: int | None
) -> Iterator[Line]:
    after = reader.line_num  # a quoted cell may span lines: a row starts after the last line of the one before
    for cells in reader:
        if cells:
            cells = cells + [""] * (max(id_at, fold_at, family_at or 0) + 1 - len(cells))
            family = "" if family_at is None else cells[family_at]
            yield after + 1, cells[id_at], cells[fold_at].strip(), family
        after = reader.line_num


def families_of(lines: Sequence[Line]) -> npt.NDArray[np.object_] | None:
    """Return (n,) the family of each line, None where it has none; None if no line has one."""
    families = np.array([family or None for _, _, _, family in lines], dtype=object)
    return families if any(families) else None


def is_test(fold: str) -> bool:
    """Return whether a fold, as written, is the locked test."""
    return fold.lower() == _TEST


def fold_numbers(folds: Iterable[str]) -> npt.NDArray[np.int16]:
    """Return (n,) the number of each fold as written.

    Raises
    ------
    ValueError, OverflowError
        If one is not a number, or int16 cannot hold it.
    """
    # `array` refuses what int16 cannot hold; NumPy 1 wraps it round to another fold.
    return np.array(array("h", [TEST if is_test(fold) else int(fold) for fold in folds]), dtype=np.int16)
