"""folds.csv: an id and a fold on each line, the fold a number from 0 or the word "test"."""

from __future__ import annotations

import csv
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import FoldsError
from evenhand.base.storage.atomic import replacing
from evenhand.base.values import TEST, Folds

_TEST = "test"

Line: TypeAlias = tuple[int, str, str]
"""Number of the line, id, fold as written."""


def write_folds(folds: Folds, path: Path) -> None:
    """Write folds.csv: the header id,fold and a line per row; the fold of locked rows is "test"."""
    names = np.where(folds.fold == TEST, _TEST, folds.fold.astype(str))
    with replacing(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        has_bare_cr = any("\r" in str(name) for name in folds.ids)  # with minimal quoting csv leaves these bare
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL if has_bare_cr else csv.QUOTE_MINIMAL)
        writer.writerow(["id", "fold"])
        writer.writerows(zip(folds.ids, names, strict=True))


def fold_lines(path: Path) -> Iterator[Line]:
    """Yield the lines below the header; columns other than id and fold are ignored.

    Raises
    ------
    FoldsError
        If the file cannot be read or its header lacks a column.
    """
    try:
        # Excel writes a byte-order mark, and would have it part of the first column's name
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = [name.strip().lower() for name in next(reader, [])]
            if "id" not in header or "fold" not in header:
                found = f'the header is "{",".join(header)}"' if header else "the file is empty"
                raise FoldsError(f'{path}: line 1: {found}; it must name the columns "id" and "fold".')
            yield from _rows_below_header(reader, header.index("id"), header.index("fold"))
    except FileNotFoundError:
        raise FoldsError(f"{path}: there is no such file. Give the path of a folds.csv (id,fold).") from None
    except UnicodeDecodeError as error:
        raise FoldsError(f"{path}: byte {error.start} is not UTF-8. Save the file as UTF-8.") from None
    except OSError as error:
        raise FoldsError(f"{path}: cannot be read ({error.strerror}).") from None
    except csv.Error as error:
        raise FoldsError(f"{path}: line {reader.line_num}: is not CSV ({error}).") from None


def _rows_below_header(reader, id_at: int, fold_at: int) -> Iterator[Line]:  # type: ignore[no-untyped-def]
    after = reader.line_num  # a quoted cell may span lines: a row starts after the last line of the one before
    for cells in reader:
        if cells:
            cells = cells + [""] * (max(id_at, fold_at) + 1 - len(cells))
            yield after + 1, cells[id_at], cells[fold_at].strip()
        after = reader.line_num


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
