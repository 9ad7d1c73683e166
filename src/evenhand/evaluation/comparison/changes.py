"""Changes from one model to another: rows, and gains per class and group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.text.unique_names import unique_names
from evenhand.base.values import Mask, Predictions, Strings
from evenhand.evaluation.core.evaluated_rows import rows_of
from evenhand.evaluation.figures.row_share import right_rows


@dataclass(frozen=True, eq=False)
class Changes:
    """Row-wise changes from a base model to another.

    Attributes
    ----------
    base, name
        The two models.
    improved, worsened
        Ids of rows that became right, and that became wrong.
    moved
        Ids of rows that are wrong under both, with different predictions.
    right, wrong
        Number of rows that are right under both, and wrong under both (including `moved`).
    by_class
        Frame: class, rows, improved, worsened, net, gain (net over rows); largest loss first. Where several labels
        may hold, rows are those with the label, improved those in which it came to be predicted, and worsened those
        in which it no longer is; `false_positives` is the net change of the rows without it in which it is.
    by_group
        The same by group; None without groups.
    cells
        Where several labels may hold: the number of label cells, each a yes or no, whose truth is known, and how
        many of them became right and wrong; else None.
    """

    base: str
    name: str
    improved: tuple[str, ...]
    worsened: tuple[str, ...]
    moved: tuple[str, ...]
    right: int
    wrong: int
    by_class: pd.DataFrame
    by_group: pd.DataFrame | None
    cells: tuple[int, int, int] | None = None

    @property
    def net(self) -> int:
        """Rows improved less rows worsened."""
        return len(self.improved) - len(self.worsened)

    @property
    def unchanged(self) -> int:
        """Rows whose correctness did not change."""
        return self.right + self.wrong

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {
            "base": self.base,
            "name": self.name,
            "right": self.right,
            "wrong": self.wrong,
            "net": self.net,
            "improved": list(self.improved),
            "worsened": list(self.worsened),
            "moved": list(self.moved),
            "by_class": self.by_class.to_dict(orient="records"),
            "cells": None if self.cells is None else dict(zip(_CELLS, self.cells, strict=True)),
            "by_group": None if self.by_group is None else self.by_group.to_dict(orient="records"),
        }

    def __str__(self) -> str:
        right = "right" if self.cells is None else "with all labels right"
        text = (
            f"{self.name} against {self.base}: {self.unchanged:,} rows unchanged ({self.right:,} {right}), "
            f"{len(self.improved):,} improved, {len(self.worsened):,} worsened, net {self.net:+,}."
        )
        if self.cells is None:
            return text
        every, gained, lost = self.cells
        return (
            f"{text} Of {every:,} label cells {gained:,} became right and {lost:,} wrong, net {gained - lost:+,}."
        )


_CELLS = ("known", "became_right", "became_wrong")


def changes(base: Predictions, other: Predictions) -> Changes:
    """Return the changes from `base` to `other`, which hold the same rows with the same, known truth.

    Where several labels may hold, a row is right if all of its labels are.
    """
    before, after = right_rows(rows_of(base)), right_rows(rows_of(other))
    improved, worsened, wrong = ~before & after, before & ~after, ~before & ~after
    return Changes(
        base=base.model,
        name=other.model,
        improved=_ids(base, improved),
        worsened=_ids(base, worsened),
        moved=_ids(base, wrong & _answers_differ(base, other)),
        right=int((before & after).sum()),
        wrong=int(wrong.sum()),
        by_class=_per_label(base, other) if base.multi_label else _per_class(base, improved, worsened),
        cells=_cells(base, other),
        by_group=None if base.groups is None else _gains("group", base.groups, improved, worsened),
    )


def _cells(a: Predictions, b: Predictions) -> tuple[int, int, int] | None:
    """Return how many label cells are known, became right and became wrong; None where rows have one class."""
    one, two = rows_of(a), rows_of(b)
    if not one.several:
        return None
    # The predicted labels are those of known cells, so that the others do not differ.
    before, after = one.claimed == one.held, two.claimed == two.held
    return int(one.known.sum()), int((after & ~before).sum()), int((before & ~after).sum())


def _answers_differ(a: Predictions, b: Predictions) -> Mask:
    one, two = rows_of(a), rows_of(b)
    if one.several:
        return np.asarray((one.claimed != two.claimed).any(axis=1))
    return np.asarray(one.predicted != two.predicted)


def _ids(p: Predictions, rows: Mask) -> tuple[str, ...]:
    return tuple(str(name) for name in p.ids[rows])


def _per_class(p: Predictions, improved: Mask, worsened: Mask) -> pd.DataFrame:
    """Return the gain of each class, of the rows that are of it."""
    return _gains("class", np.array(p.classes, dtype=object)[p.truth], improved, worsened)


def _per_label(a: Predictions, b: Predictions) -> pd.DataFrame:
    """Return the gain of each label in the cells that hold it: other labels of the row do not matter."""
    one, two = rows_of(a), rows_of(b)
    row, column = np.nonzero(one.held)
    before, after = one.claimed[row, column], two.claimed[row, column]
    table = _gains("class", np.array(a.classes, dtype=object)[column], ~before & after, before & ~after)
    # Predicted labels are those of known cells, so that unknown ones are no false positives.
    alarms = (two.claimed & ~one.held).sum(axis=0) - (one.claimed & ~one.held).sum(axis=0)
    return table.assign(false_positives=table["class"].map(dict(zip(a.classes, alarms.tolist(), strict=True))))


def _gains(what: str, names: Strings, improved: Mask, worsened: Mask) -> pd.DataFrame:
    found, number = unique_names(names)
    rows, up, down = (np.bincount(number, weights=of, minlength=len(found)) for of in (None, improved, worsened))
    net = (up - down).astype(np.int64)
    # `lexsort` takes its last key first: by net, then by share.
    order = np.lexsort((net / rows, net))
    table = {what: found, "rows": rows, "improved": up.astype(np.int64), "worsened": down.astype(np.int64)}
    return pd.DataFrame(
        {name: column[order] for name, column in (table | {"net": net, "gain": net / rows}).items()}
    )
