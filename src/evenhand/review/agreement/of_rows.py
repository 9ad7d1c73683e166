"""What the decisions about some rows are worth, with what the rows say of suggestions and groups."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from evenhand.evaluation.core.evaluated_rows import THRESHOLD
from evenhand.review.agreement.report import ReviewAgreement, review_agreement
from evenhand.review.log.replay import ReviewState
from evenhand.review.rows.review_rows import ReviewRows


def agreement_on(
    rows: ReviewRows,
    state: ReviewState,
    *,
    truth: Mapping[str, tuple[str, ...]] | None = None,
    seed: int = 0,
    level: float = 0.95,
) -> ReviewAgreement:
    """Return what the decisions about rows are worth; rows of one group are resampled together.

    Where the event of a blind decision does not say what was withheld, it is what the probabilities of the rows
    suggest now. If these come from a model that learned from decisions of this review, the blind share then looks
    as if it followed.

    Parameters
    ----------
    truth
        The classes of planted rows by id.
    seed
        The same seed gives the same intervals.
    level
        Nominal coverage of the intervals.
    """
    group = rows.frame["group"] if "group" in rows.frame else [""] * len(rows)
    groups = {row: str(name) for row, name in zip(rows.ids, group, strict=True) if name}
    return review_agreement(
        state, truth=truth, suggestions=suggestions_of(rows), groups=groups or None, seed=seed, level=level
    )


def suggestions_of(rows: ReviewRows) -> dict[str, tuple[str, ...]]:
    """Return the classes that probabilities suggest for each row by id, without rows that have none.

    Of classes that exclude one another it is the most probable; where several may hold, those of at least one half.
    """
    names = np.array(rows.classes, dtype=object)
    there = np.flatnonzero(rows.predicted)
    if not rows.multi_label:
        best = np.nan_to_num(rows.probabilities[there], nan=-1.0).argmax(axis=1) if len(there) else there
        return {row: (str(name),) for row, name in zip(rows.ids[there], names[best], strict=True)}
    return {rows.ids[at]: tuple(names[rows.probabilities[at] >= THRESHOLD]) for at in there}
