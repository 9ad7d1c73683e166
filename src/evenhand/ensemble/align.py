"""Predictions of several models on the same rows, in the same order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.values import Floats, Predictions


@dataclass(frozen=True, eq=False)
class Aligned:
    """Predictions that agree on rows, classes, truth, folds and groups.

    Attributes
    ----------
    models
        At least one; every one has the ids of the first, in its order, and its classes.
    """

    models: tuple[Predictions, ...]

    @property
    def first(self) -> Predictions:
        """The one whose order all have."""
        return self.models[0]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the m models."""
        return tuple(p.model for p in self.models)

    @property
    def probabilities(self) -> tuple[Floats, ...]:
        """The (n, k) probabilities of the m models; they are not copied into one array."""
        return tuple(p.probabilities for p in self.models)

    def mix(self, weights: Floats, rows: Any = slice(None)) -> Floats:
        """Return (rows, k) float64: the weighted sum of the models' probabilities.

        Parameters
        ----------
        weights
            (m,).
        rows
            A mask, positions or a slice of rows; all of them by default.
        """
        out = np.zeros(self.models[0].probabilities[rows].shape)
        for weight, table in zip(weights, self.probabilities, strict=True):
            if weight:
                out += weight * table[rows]
        return out


def align(predictions: Sequence[Predictions]) -> Aligned:
    """Return predictions on the same rows, all in the order of the first.

    Rows are matched by id and classes by name. Truth, folds and groups must agree where they are known.

    Raises
    ------
    DataError
        If there are none, ids repeat, a model lacks rows or has others, its classes differ, or truth or folds
        disagree; the text names the models and the first row.
    """
    if not predictions:
        raise DataError("There are no predictions to align; give those of at least one model.")
    for p in predictions:
        _check_ids(p)
    first = predictions[0]
    return Aligned((first, *(_like(first, p) for p in predictions[1:])))


def _check_ids(p: Predictions) -> None:
    repeated = pd.Series(p.ids)[pd.Series(p.ids).duplicated()]
    if len(repeated):
        raise DataError(f'{_name(p)} has {len(repeated)} ids more than once (first: "{repeated.iloc[0]}").')
    if not len(p):
        raise DataError(f"{_name(p)} has no rows.")


def _like(first: Predictions, p: Predictions) -> Predictions:
    """Return `p` with the rows and classes of `first`, in its order."""
    p = _with_classes_of(first, _with_rows_of(first, p))
    for what, known in (("truth", "the truth"), ("fold", "the fold"), ("groups", "the group")):
        _check_same(first, p, what, known)
    return p


def _with_rows_of(first: Predictions, p: Predictions) -> Predictions:
    position = pd.Index(p.ids).get_indexer(pd.Index(first.ids))
    missing = first.ids[position < 0]
    others = len(p) - (len(first) - len(missing))
    if len(missing) or others:
        lacks = f'lacks {len(missing)} rows of {_name(first)} (first: "{missing[0]}")' if len(missing) else ""
        has = f"has {others} rows that {_name(first)} lacks" if others else ""
        raise DataError(
            f"{_name(p)} {' and '.join(filter(None, (lacks, has)))}. Ensembles need predictions of every model for "
            "the same rows; predict the missing ones, or leave the model out."
        )
    return p if (position == np.arange(len(p))).all() else p.take(position)


def _with_classes_of(first: Predictions, p: Predictions) -> Predictions:
    if p.classes == first.classes:
        return p
    only = [sorted(set(a.classes) - set(b.classes)) for a, b in ((first, p), (p, first))]
    if any(only):
        named = [
            f"only {_name(of)} has {', '.join(names)}" for of, names in zip((first, p), only, strict=True) if names
        ]
        raise DataError(f"{_name(first)} and {_name(p)} do not have the same classes: {'; '.join(named)}.")
    order = [p.classes.index(name) for name in first.classes]
    return replace(
        p,
        classes=first.classes,
        probabilities=p.probabilities[:, order],
        logits=None if p.logits is None else p.logits[:, order],
        truth=_truth_in_order(p, order),
    )


def _truth_in_order(p: Predictions, order: list[int]) -> Any:
    if p.truth is None:
        return None
    if p.truth.ndim == 2:
        return p.truth[:, order]
    to = np.argsort(order)
    return np.where(p.truth >= 0, to[p.truth], p.truth)


def _check_same(first: Predictions, p: Predictions, what: str, words: str) -> None:
    ours, theirs = getattr(first, what), getattr(p, what)
    if ours is None or theirs is None:
        return
    if ours.shape != theirs.shape:
        raise DataError(f"{_name(first)} and {_name(p)} do not have {words} in the same form.")
    differ = ours != theirs
    if what == "truth" and ours.dtype.kind == "f":
        differ &= ~(np.isnan(ours) & np.isnan(theirs))
    rows = differ.any(axis=1) if differ.ndim == 2 else differ
    if rows.any():
        raise DataError(
            f"{_name(first)} and {_name(p)} disagree on {words} of {int(rows.sum())} rows "
            f'(first: "{first.ids[int(rows.argmax())]}"). They do not come from the same data or plan of folds.'
        )


def _name(p: Predictions) -> str:
    return f'"{p.model}"' if p.model else "A model without a name"
