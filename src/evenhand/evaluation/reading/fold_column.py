"""Convert a column of folds to numbers."""

from __future__ import annotations

import re
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.text.unique_names import unique_names
from evenhand.base.values import TEST, Ints, Strings
from evenhand.evaluation.reading.files import TableReader

Kind = Literal["test", "whole", "odd number", "name"]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
_LARGEST = 2**15 - 1


def fold_numbers(words: Strings, source: TableReader, rows: Ints | None = None) -> npt.NDArray[np.int16]:
    """Return (n,) fold numbers: as written, `TEST` for "test" and -1, or 0, 1, … for other names.

    Parameters
    ----------
    words
        (n,) cells of the column: whole numbers from 0, or names.
    source
        The file.
    rows
        (n,) positions of the rows in the file; None for 0, 1, ….

    Raises
    ------
    DataError
        If a row has no fold, or a fold is a fraction, negative, or a number among names; the message has the line.
    """
    at = np.arange(len(words)) if rows is None else rows
    missing = pd.isna(words)
    if missing.any():
        raise DataError(
            f"{source.path}: {source.where(int(at[missing.argmax()]))}, column of folds: the cell is empty."
        )
    written, position = unique_names(words)
    names = np.array([_bare(name) for name in written], dtype=object)
    kinds = np.array([_kind(name) for name in names], dtype=object)
    odd = _odd(kinds, np.bincount(position, minlength=len(names)))
    if odd.any():
        row = int(odd[position].argmax())
        others = names[~odd & (kinds != "test")].tolist()
        among = f" among {', '.join(others[:3])}{', …' if len(others) > 3 else ''}" if others else ""
        raise DataError(
            f'{source.path}: {source.where(int(at[row]))}, column of folds: found "{words[row]}"{among}. Folds are '
            'whole numbers from 0, or names, but not both; "test" or -1 marks locked rows. Correct the cell.'
        )
    return _numbered(names, kinds)[position]


def _bare(word: str) -> str:
    """Return a word without surrounding spaces; a number also without a trailing ".0"."""
    word = word.strip()
    return re.sub(r"\.0*$", "", word) if _NUMBER.fullmatch(word) else word


def _kind(name: str) -> Kind:
    if name in ("test", "-1"):
        return "test"
    if re.fullmatch(r"\d+", name):
        return "whole"
    return "odd number" if _NUMBER.fullmatch(name) else "name"


def _odd(kinds: Strings, rows: Ints) -> npt.NDArray[np.bool_]:
    """Return (m,) bool, invalid folds: numbers that are not whole; otherwise the rarer of names and numbers."""
    wrong, named, whole = (kinds == kind for kind in ("odd number", "name", "whole"))
    if wrong.any() or not (named.any() and whole.any()):
        return np.asarray(wrong)
    # In a column of numbers a stray name is the fault, and the other way round.
    return np.asarray(named if rows[named].sum() <= rows[whole].sum() else whole)


def _numbered(names: Strings, kinds: Strings) -> npt.NDArray[np.int16]:
    """Return (m,) the number of each fold: its own, or 0, 1, … in order for names and numbers beyond int16."""
    free = kinds != "test"
    own = [int(name) for name in names[kinds == "whole"]]
    # Numbers beyond int16 are names, such as dates.
    keep = len(own) == free.sum() and max(own, default=0) <= _LARGEST
    out = np.full(len(names), TEST, dtype=np.int16)
    out[free] = own if keep else unique_names(names[free])[1]
    return out
