"""Rows on which reviewers differ, for somebody to settle."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from evenhand.review.agreement.ratings import outcome_words
from evenhand.review.log.event import Event
from evenhand.review.log.replay import ReviewState


@dataclass(frozen=True)
class Dispute:
    """A disputed row.

    Attributes
    ----------
    row
        Its id.
    decisions
        The decision of each reviewer, in alphabetical order of their names.
    """

    row: str
    decisions: tuple[Event, ...]

    @property
    def votes(self) -> tuple[int, ...]:
        """How many reviewers came to each outcome, the most first."""
        return tuple(n for _, n in Counter(one.outcome for one in self.decisions).most_common())

    def __str__(self) -> str:
        return f"{self.row}: {', '.join(f'{one.reviewer} {outcome_words(one.outcome)}' for one in self.decisions)}"


def disputes(state: ReviewState) -> tuple[Dispute, ...]:
    """Return the disputed rows: those with the most reviewers first, of these the closest votes, then by id."""
    found = [Dispute(row, _by_name(state, row)) for row in state.disputed]
    return tuple(sorted(found, key=lambda one: (-len(one.decisions), one.votes[0] - one.votes[1], one.row)))


def _by_name(state: ReviewState, row: str) -> tuple[Event, ...]:
    return tuple(event for _, event in sorted(state.by_reviewer(row).items()))
