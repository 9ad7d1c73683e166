"""Consensus: rows in which enough other models, or submissions, agree against the chosen one."""

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
    """What a consensus changes.

    Attributes
    ----------
    predictions
        The chosen ones; where they are overridden, the class agreed on gets the probability of the predicted one,
        and the other way round. They keep no logits.
    rows
        A row for each that was changed: id, was, becomes, for_it (votes), votes (given in this row).
    voters
        Who was asked.
    """

    predictions: Predictions
    rows: pd.DataFrame
    voters: tuple[str, ...]


def override(
    chosen: Predictions, votes: Mapping[str, Mapping[str, str]], *, share: float, least: int = 2
) -> Override:
    """Return the chosen predictions, changed in the rows where enough voters agree on another class.

    Whether that is better than leaving them is not known here: audit it on out-of-fold predictions first.

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
        raise DataError("A consensus needs at least one other model or submission to ask.")
    if chosen.multi_label:
        raise DataError("A consensus needs one label a row; these rows may have several.")
    counts = _counts(chosen, votes)
    given = counts.sum(axis=1)
    agreed = counts.argmax(axis=1)
    most = counts.max(axis=1)
    needed = np.array([max(least, math.ceil(share * n - 1e-9)) for n in given])
    change = np.flatnonzero((most >= needed) & (agreed != chosen.predicted))
    names = np.array(chosen.classes, dtype=object)
    rows = pd.DataFrame(
        {
            "id": chosen.ids[change],
            "was": names[chosen.predicted[change]],
            "becomes": names[agreed[change]],
            "for_it": most[change],
            "votes": given[change],
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
        told = [of.get(str(i)) for i in chosen.ids]
        rows = [row for row, name in enumerate(told) if name is not None]
        if not rows:
            raise DataError(f'"{voter}" has no vote on any of these rows (first: "{chosen.ids[0]}").')
        for row in rows:
            name = told[row]
            assert name is not None
            if name not in number:
                raise DataError(f'"{voter}" calls "{chosen.ids[row]}" {name}, which is no class here.')
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
