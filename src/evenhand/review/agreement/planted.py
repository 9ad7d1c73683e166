"""Planted rows: rows of known class among the others measure a reviewer's own error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evenhand.base.text.counted import count
from evenhand.base.values import Interval
from evenhand.review.agreement.blind_share import share_interval
from evenhand.review.agreement.ratings import outcome_words
from evenhand.review.log.event import Outcome
from evenhand.review.log.replay import ReviewState


@dataclass(frozen=True)
class ReviewerError:
    """How often a reviewer decided otherwise than what is known.

    Attributes
    ----------
    reviewer
        Who.
    error
        The share of decisions on planted rows that came to another outcome; "unsure" is not a decision here.
    unsure
        Planted rows left as unsure.
    mistakes
        What was known and what was decided instead -> how often, the most frequent first.
    """

    reviewer: str
    error: Interval
    unsure: int
    mistakes: dict[tuple[str, str], int]

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        mistakes = [{"known": known, "decided": said, "rows": n} for (known, said), n in self.mistakes.items()]
        return {
            "reviewer": self.reviewer,
            "error": self.error.document(),
            "unsure": self.unsure,
            "mistakes": mistakes,
        }

    def __str__(self) -> str:
        if not self.error.n:
            return f"{self.reviewer} decided no planted row."
        wrong = sum(self.mistakes.values())
        return (
            f"{self.reviewer} decided {count(self.error.n, 'planted row')}, {wrong:,} of them wrongly: an error of "
            f"{self.error.estimate:.1%} [{self.error.low:.1%}, {self.error.high:.1%}]."
        )


def reviewer_error(
    state: ReviewState, reviewer: str, known: Mapping[str, tuple[str, ...]], *, level: float = 0.95
) -> ReviewerError:
    """Return the error of a reviewer on planted rows.

    Parameters
    ----------
    known
        The classes of each planted row by id, as they are known to be.
    level
        Nominal coverage of the interval.
    """
    decided = unsure = 0
    mistakes: Counter[tuple[Outcome, Outcome]] = Counter()
    for row, classes in known.items():
        event = state.on_planted(row).get(reviewer)
        if event is None:
            continue
        if event.kind == "unsure":
            unsure += 1
            continue
        decided += 1
        right: Outcome = ("label", tuple(sorted(classes)))
        if event.outcome != right:
            mistakes[right, event.outcome] += 1
    ordered = sorted(mistakes.items(), key=lambda item: (-item[1], item[0]))
    words = {(outcome_words(a), outcome_words(b)): n for (a, b), n in ordered}
    return ReviewerError(reviewer, share_interval(mistakes.total(), decided, level), unsure, words)
