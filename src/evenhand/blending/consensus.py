"""Consensus: override predictions on which enough other models, or submissions, agree otherwise."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.values import Ints, Predictions


@dataclass(frozen=True, eq=False)
class Override:
    """The changes by a consensus.

    Attributes
    ----------
    predictions
        The chosen ones; on overridden rows the probabilities of the predicted class and of the class agreed on are
        swapped. Without logits.
    rows
        One per changed row: id, was, becomes, for_it (votes for it), votes (in total).
    voters
        Names of the voters.
    """

    predictions: Predictions
    rows: pd.DataFrame
    voters: tuple[str, ...]


def override(
    chosen: Predictions, votes: Mapping[str, Mapping[str, str]], *, share: float, least: int = 2
) -> Override:
    """Return the chosen predictions, changed in the rows where enough voters agree on another class.

    Whether that improves them is not known here: audit it on out-of-fold predictions first.

    Parameters
    ----------
    chosen
        One label a row.
    votes
        Voter -> id -> class. A voter that does not know an id has no vote there.
    share
        Of the votes in a row, more than one half.
    least
        Votes that must agree at least.

    Raises
    ------
    DataError
        If there is no voter, the share is not above 0.5 and at most 1, or a vote is for a class that is not known.
    """
    if not 0.5 < share <= 1:
        raise DataError(f"The share that must agree is {share:g}; it must be above 0.5 and at most 1.")
    if not votes:
        raise DataError("A consensus needs at least one other model or submission.")
    if chosen.multi_label:
        raise DataError("A consensus needs one label a row; these rows may have several.")
    counts = _counts(chosen, votes)
    votes_cast = counts.sum(axis=1)
    agreed = counts.argmax(axis=1)
    most = counts.max(axis=1)
    # The margin absorbs rounding: the product may lie just above a whole number.
    needed = np.array([max(least, math.ceil(share * n - 1e-9)) for n in votes_cast])
    change = np.flatnonzero((most >= needed) & (agreed != chosen.predicted))
    names = np.array(chosen.classes, dtype=object)
    rows = pd.DataFrame(
        {
            "id": chosen.ids[change],
            "was": names[chosen.predicted[change]],
            "becomes": names[agreed[change]],
            "for_it": most[change],
            "votes": votes_cast[change],
        }
    )
    return Override(_exchanged(chosen, change, agreed[change]), rows, tuple(votes))


def votes_of(p: Predictions) -> dict[str, str]:
    """Return the predicted class of each id."""
    return dict(zip(map(str, p.ids), np.array(p.classes, dtype=object)[p.predicted], strict=True))


def _counts(chosen: Predictions, votes: Mapping[str, Mapping[str, str]]) -> Ints:
    """Return (n, k) votes for each class in each row."""
    number = {name: c for c, name in enumerate(chosen.classes)}
    counts = np.zeros((len(chosen), chosen.k), dtype=np.int64)
    for voter, of in votes.items():
        names = [of.get(str(i)) for i in chosen.ids]
        rows = [row for row, name in enumerate(names) if name is not None]
        if not rows:
            raise DataError(f'"{voter}" has no vote on any of these rows (first: "{chosen.ids[0]}").')
        for row in rows:
            name = names[row]
            assert name is not None
            if name not in number:
                raise DataError(f'"{voter}" assigns "{chosen.ids[row]}" to {name}, which is not a class here.')
            counts[row, number[name]] += 1
    return counts


def _exchanged(chosen: Predictions, rows: Ints, becomes: Ints) -> Predictions:
    """Return predictions with the probabilities of two classes exchanged in some rows."""
    table = chosen.probabilities.copy()
    was = chosen.predicted[rows]
    table[rows, was], table[rows, becomes] = table[rows, becomes], table[rows, was]
    # Where the two were equally probable, the first of them would still be the predicted one.
    tied = table[rows].argmax(axis=1) != becomes
    table[rows[tied]] = np.eye(chosen.k)[becomes[tied]]
    return replace(chosen, probabilities=table, logits=None)
