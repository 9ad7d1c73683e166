"""Cells of tables as text: one rule, for every table, for missing values and for how numbers are written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Text = str | None

_WHOLE = re.compile(r"[-+]?\d+(\.0+)?")


def spelling(text: str) -> str:
    """Return text in Unicode normal form C, in which names and classes are compared.

    macOS writes é as two characters, other systems as one; both must be the same class.
    """
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def cell_text(cell: Any) -> Text:
    """Return one cell as stripped text; None only if it is empty ("NA" may be a class).

    >>> [cell_text(cell) for cell in ("NA", "nan", "null", " a ", "", "  ", None, float("nan"))]
    ['NA', 'nan', 'null', 'a', None, None, None, None]
    """
    if cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, (float, np.floating)) and cell != cell):
        return None
    return spelling(str(cell)).strip() or None


def as_texts(cells: Iterable[Any]) -> list[Text]:
    """Return the cells of a column as text; empty ones are None.

    A whole number loses its decimals if every cell is a whole number (pandas reads integers with gaps as floats),
    or if the column also holds it without them: "3" and "3.0" in one column mean the same.

    >>> as_texts([1.0, 2.0, float("nan")]), as_texts(["a ", "", "1.0"]), as_texts(["a", "3", "3.0"])
    (['1', '2', None], ['a', None, '1.0'], ['a', '3', '3'])
    """
    texts = [cell_text(cell) for cell in cells]
    pointed = {text for text in set(texts) if text is not None and "." in text and _WHOLE.fullmatch(text)}
    if not pointed:
        return texts
    known = set(texts)
    whole = all(text is None or _WHOLE.fullmatch(text) for text in known)
    plain: Mapping[Text, Text] = {text: number(text) for text in pointed if whole or number(text) in known}
    return [plain.get(text, text) for text in texts]


def plain_texts(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return each value of a column as `str` writes it; missing ones are None.

    Value by value, because versions of pandas differ: in pandas 2 `astype(str)` makes "nan" of a missing value, and
    `map(str)` makes "1.0" of a nullable integer.
    """
    values = zip(column.astype(object), column.isna(), strict=True)
    texts = object_array(None if missing else str(value) for value, missing in values)
    return pd.Series(texts, index=column.index, dtype=object)


def object_array(cells: Iterable[Any]) -> npt.NDArray[Any]:
    """Return (n,) the cells as objects."""
    # The None keeps NumPy from making a 2-d array of equally long sequences; it is cut off again.
    return np.array([*cells, None], dtype=object)[:-1]


def text_array(cells: Iterable[Any]) -> npt.NDArray[Any]:
    """Return (n,) the cells of a column as text; empty ones are None."""
    return object_array(as_texts(cells))


def number(text: str) -> str:
    """Return a whole number without its decimals, and any other text unchanged.

    >>> number("3.0"), number("3.5"), number("v3.0")
    ('3', '3.5', 'v3.0')
    """
    return text.partition(".")[0] if _WHOLE.fullmatch(text) else text


def by_spelling(names: Iterable[str]) -> dict[Hashable, str]:
    """Return normalised spelling -> name, to match names written with spaces, in NFD, or as a number with decimals.

    A spelling that two names share is left out, because it identifies neither.
    """
    found: dict[Hashable, str | None] = {}
    for name in names:
        key = _key(name)
        found[key] = None if key in found else name
    return {key: name for key, name in found.items() if name is not None}


def same_as(text: str, spellings: Mapping[Hashable, str]) -> str | None:
    """Return the name of which `text` is a spelling, or None; `spellings` is from `by_spelling`.

    >>> same_as("3.0 ", by_spelling(["3", "4"]))
    '3'
    """
    return spellings.get(_key(text))


def _key(text: str) -> Hashable:
    return number(spelling(text).strip())
