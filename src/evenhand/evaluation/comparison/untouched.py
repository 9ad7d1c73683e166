"""Rows whose label is the same for all models: what two versions of a data set can be compared on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from evenhand.base.errors import DataError
from evenhand.base.values import TRUTH_THRESHOLD, Predictions

Labels = frozenset[str] | None


def untouched(predictions: Sequence[Predictions]) -> tuple[tuple[Predictions, ...], tuple[str, ...]]:
    """Return predictions without the rows that have other labels in another of them, and the ids of these rows.

    A row that has a label in one and none in another is among them; predictions without any truth have no say.

    Raises
    ------
    DataError
        If no row is left.
    """
    truths = [_labels(p) for p in predictions if p.truth is not None]
    touched = {
        name for one in truths for other in truths for name, held in one.items() if other.get(name, held) != held
    }
    if touched and any(touched.issuperset(map(str, p.ids)) for p in predictions):
        raise DataError(
            f"All {len(touched):,} rows have other labels in the versions; none is left to be compared."
        )
    left = tuple(p.take(~np.isin(p.ids.astype(str), list(touched))) for p in predictions)
    return left, tuple(sorted(touched))


def _labels(p: Predictions) -> Mapping[str, Labels]:
    """Return id -> the names of the classes that hold; None where nothing is known."""
    assert p.truth is not None
    if p.truth.ndim == 1:
        each: list[Labels] = [frozenset((p.classes[c],)) if c >= 0 else None for c in p.truth.tolist()]
    else:
        known, held = ~np.isnan(p.truth).all(axis=1), p.truth >= (p.truth_threshold or TRUTH_THRESHOLD)
        each = [
            frozenset(name for name, holds in zip(p.classes, row, strict=True) if holds) if there else None
            for there, row in zip(known.tolist(), held.tolist(), strict=True)
        ]
    return dict(zip(map(str, p.ids), each, strict=True))
