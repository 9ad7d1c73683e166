"""One pair as arrays: its picture in a square, its text in UTF-8, and which of the two there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import DataError
from evenhand.base.text.cells import spelling
from evenhand.base.values import Ints
from evenhand.data.roots.root import Root
from evenhand.data.store.entry import StoreEntry
from evenhand.data.tables.places import has_file
from evenhand.modalities.counters import Counter
from evenhand.modalities.photos.reading import read
from evenhand.modalities.photos.reading.open_image import check_bytes
from evenhand.modalities.photos.reading.resize import GROUNDS

COUNTED = (
    Counter("without a picture", "count", "rows without a picture, which is masked"),
    Counter("without a text", "count", "rows without a text, which is masked"),
    Counter("cut", "cap", "texts that were cut off", "pairs.longest"),
)
IMAGE, TEXT = 0, 1
"""Columns of the array "present"."""

Array = npt.NDArray[Any]


def encode(root: Root, path: str, text: str, settings: Mapping[str, Any]) -> dict[str, Array]:
    """Return the arrays of one row.

    Parameters
    ----------
    path
        The file of the picture, or the row's place in the table where it has none.
    text
        "" where there is none.
    settings
        The section [pairs].

    Returns
    -------
    dict
        "image" (size, size, 3) uint8, RGB, the ground where there is none; "text" (l,) uint8, UTF-8 in normal form
        C, at most `longest` characters; "present" (2,) uint8, whether there is a picture, and a text; "counters"
        (3,) int32, see `COUNTED`.

    Raises
    ------
    DataError
        With the reason why the picture cannot be decoded.
    """
    there = has_file(path)
    image = _picture(root, path, settings) if there else ground(settings)
    kept = spelling(text)[: int(settings["longest"])]
    return {
        "image": image,
        "text": np.frombuffer(kept.encode("utf-8", "replace"), dtype=np.uint8),
        "present": np.array([there, bool(kept)], dtype=np.uint8),
        "counters": np.array([not there, not kept, len(kept) < len(spelling(text))], dtype=np.int32),
    }


def _picture(root: Root, path: str, settings: Mapping[str, Any]) -> npt.NDArray[np.uint8]:
    try:
        check_bytes(root.size(path), int(settings["max_pixels"]))
    except DataError as error:
        raise DataError(str(error).replace("photos.max_pixels", "pairs.max_pixels")) from None
    return decoded(root.read(path), settings)


def decoded(raw: bytes, settings: Mapping[str, Any]) -> npt.NDArray[np.uint8]:
    """Return (size, size, 3) uint8 of a picture's bytes; raises `DataError` in the words of this section."""
    try:
        return read.encode(raw, settings)["image"]
    except DataError as error:
        raise DataError(str(error).replace("photos.max_pixels", "pairs.max_pixels")) from None


def ground(settings: Mapping[str, Any]) -> npt.NDArray[np.uint8]:
    """Return (size, size, 3) uint8 in place of a picture: the colour of the padding."""
    size = int(settings["size"])
    return np.full((size, size, 3), GROUNDS[str(settings["ground"])], dtype=np.uint8)


def stored_texts(entry: StoreEntry, rows: Ints | Sequence[int]) -> list[str]:
    """Return the texts of rows of the store; "" where there is none."""
    held = entry["text"]
    return [np.asarray(held[int(row)]).tobytes().decode("utf-8", "replace") for row in rows]
