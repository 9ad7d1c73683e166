"""Rows on which reviewers differ, for somebody to settle, and those that were settled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evenhand.base.text.counted import count
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


@dataclass(frozen=True)
class Settlement:
    """A dispute that was settled.

    Attributes
    ----------
    row
        The id of the row.
    decision
        The decision that settled it.
    upheld, overruled
        The reviewers who had decided so before, and those who had decided otherwise.
    """

    row: str
    decision: Event
    upheld: tuple[str, ...]
    overruled: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {
            "row": self.row,
            "by": self.decision.reviewer,
            "decided": outcome_words(self.decision.outcome),
            "upheld": list(self.upheld),
            "overruled": list(self.overruled),
        }


def settlements(state: ReviewState) -> tuple[Settlement, ...]:
    """Return the disputes that are settled, by the id of the row."""
    return tuple(_settled(state, row) for row, one in sorted(state.decided.items()) if one.resolved)


def _settled(state: ReviewState, row: str) -> Settlement:
    latest = {one.event for one in state.by_reviewer(row).values()}
    decision = [one for one in state.standing(row) if one.resolves and one.event in latest][-1]
    before = sorted(state.independent(row).items())
    return Settlement(
        row,
        decision,
        tuple(name for name, one in before if one.outcome == decision.outcome),
        tuple(name for name, one in before if one.outcome != decision.outcome),
    )


def settled_words(found: Sequence[Settlement]) -> str:
    """Return how many disputes are settled, and how often the decision of each reviewer was upheld."""
    upheld, counted = Counter[str](), Counter[str]()
    for one in found:
        upheld.update(one.upheld)
        counted.update([*one.upheld, *one.overruled])
    each = ", ".join(f"{name} was upheld in {upheld[name]:,} of {counted[name]:,}" for name in sorted(counted))
    return f"{count(len(found), 'dispute')} {'is' if len(found) == 1 else 'are'} settled: {each}."


def disputes(state: ReviewState) -> tuple[Dispute, ...]:
    """Return the disputed rows: those with the most reviewers first, of these the closest votes, then by id."""
    found = [Dispute(row, _by_name(state, row)) for row in state.disputed]
    return tuple(sorted(found, key=lambda one: (-len(one.decisions), one.votes[0] - one.votes[1], one.row)))


def _by_name(state: ReviewState, row: str) -> tuple[Event, ...]:
    return tuple(event for _, event in sorted(state.by_reviewer(row).items()))
