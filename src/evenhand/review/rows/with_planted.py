"""Show planted rows under the classes that their table says, as if the data said so."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pandas as pd

from evenhand.data.tables.corrections_file import Names
from evenhand.review.rows.planted_file import Planted
from evenhand.review.rows.review_rows import ReviewRows

OUR_OWN = ("id", "split", "content")
"""Columns that are never changed."""


def with_planted(rows: ReviewRows, planted: Planted) -> ReviewRows:
    """Return the rows with the labels under which planted ones are shown.

    Orders and filters then treat them as rows of those classes, so that nothing gives them away. Where their path,
    group or a cell of their table holds the name of the class that the data have, as a word, it becomes that of the
    class shown. Pictures are read by the rows as they are, not by these.
    """
    places = {row: rows.position(row) for row in planted.shown if row in rows}
    if not places:
        return rows
    labels, frame = rows.samples.labels.copy(), rows.samples.frame.copy()
    texts = [
        name for name in frame.columns if name not in OUR_OWN and not pd.api.types.is_numeric_dtype(frame[name])
    ]
    cells = {name: frame[name].to_numpy(dtype=object).copy() for name in texts}
    for row, at in places.items():
        names = tuple(name for name in planted.shown[row] if name in rows.samples.classes)
        if rows.multi_label:
            labels[at] = [name in names for name in rows.samples.classes]
        elif names:
            labels[at] = rows.samples.classes.index(names[0])
        for column in cells.values():
            column[at] = _disguised(column[at], rows.labels[at], names)
    frame = frame.assign(**{str(name): column for name, column in cells.items()})
    return replace(rows, samples=replace(rows.samples, frame=frame, labels=labels))


def _disguised(cell: Any, own: Names, shown: Names) -> Any:
    """Return a cell with the class of the data replaced by the class shown, where a row has one of each.

    >>> _disguised("ash/ash-01_ashen.jpg", ("ash",), ("birch",))
    'birch/birch-01_ashen.jpg'
    """
    if len(own) != 1 or len(shown) != 1 or not isinstance(cell, str):
        return cell
    word = rf"(?<![^\W_]){re.escape(own[0])}(?![^\W_])"
    return re.sub(word, lambda _: shown[0], cell)
