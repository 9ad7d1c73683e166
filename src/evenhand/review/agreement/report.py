"""What the decisions of a review are worth, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from evenhand.base.text.counted import count
from evenhand.base.values import Interval
from evenhand.review.agreement.alpha import krippendorff_alpha
from evenhand.review.agreement.blind_share import SuggestionEffect, suggestion_effect
from evenhand.review.agreement.disputes import Dispute, Settlement, disputes, settled_words, settlements
from evenhand.review.agreement.kappa import cohen_kappa, same_share
from evenhand.review.agreement.planted import ReviewerError, reviewer_error
from evenhand.review.agreement.ratings import ratings_of
from evenhand.review.log.replay import ReviewState


@dataclass(frozen=True)
class PairAgreement:
    """The agreement of two reviewers.

    Attributes
    ----------
    a, b
        Their names.
    n
        Rows that both decided.
    same
        Rows on which they came to the same.
    kappa
        Cohen's kappa.
    """

    a: str
    b: str
    n: int
    same: int
    kappa: Interval

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {"a": self.a, "b": self.b, "n": self.n, "same": self.same, "kappa": self.kappa.document()}

    def __str__(self) -> str:
        rows = f"{self.a} and {self.b} agree on {self.same:,} of {count(self.n, 'row')} that both decided"
        return f"{rows}; Cohen's kappa {self.kappa}."


@dataclass(frozen=True)
class ReviewAgreement:
    """What the decisions of a review are worth.

    Attributes
    ----------
    pairs
        Each two reviewers who decided a row in common.
    alpha
        Krippendorff's alpha of all reviewers; None if no row was decided by two.
    disputes
        Rows that somebody has to settle.
    settled
        Disputes that somebody has settled.
    effect, effect_where_contradicted
        How far suggestions move decisions, on all rows, and where the suggestion contradicts the label; None where
        there was none.
    errors
        The error of each reviewer on planted rows.
    """

    pairs: tuple[PairAgreement, ...]
    alpha: Interval | None
    disputes: tuple[Dispute, ...]
    effect: SuggestionEffect | None
    effect_where_contradicted: SuggestionEffect | None
    errors: tuple[ReviewerError, ...]
    settled: tuple[Settlement, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        contradicted = self.effect_where_contradicted
        return {
            "pairs": [one.document() for one in self.pairs],
            "alpha": None if self.alpha is None else self.alpha.document(),
            "disputes": [one.row for one in self.disputes],
            "settled": [one.document() for one in self.settled],
            "suggestions": None if self.effect is None else self.effect.document(),
            "suggestions_that_contradict": None if contradicted is None else contradicted.document(),
            "planted": [one.document() for one in self.errors],
        }

    def __str__(self) -> str:
        lines = [str(one) for one in self.pairs] or ["No row was decided by two reviewers."]
        if self.alpha is not None and len(self.pairs) > 1:
            lines.append(f"Krippendorff's alpha over {count(self.alpha.n, 'row')}: {self.alpha}.")
        n = len(self.disputes)
        lines.append(f"{count(n, 'row') if n else 'No row'} {'is' if n < 2 else 'are'} disputed.")
        if self.settled:
            lines.append(settled_words(self.settled))
        if self.effect is not None:
            lines.append(f"Suggestions: {self.effect}")
        if self.effect_where_contradicted is not None:
            lines.append(f"Where they contradict the label: {self.effect_where_contradicted}")
        return "\n".join([*lines, *(str(one) for one in self.errors)])


def review_agreement(
    state: ReviewState,
    *,
    truth: Mapping[str, tuple[str, ...]] | None = None,
    suggestions: Mapping[str, tuple[str, ...]] | None = None,
    groups: Mapping[str, str] | None = None,
    seed: int = 0,
    level: float = 0.95,
) -> ReviewAgreement:
    """Return what the decisions of a review are worth.

    Parameters
    ----------
    truth
        The classes of planted rows by id; they count in nothing but the errors of reviewers.
    suggestions
        What the model suggests for each row by id, for blind decisions whose events do not say what was withheld.
    groups
        The group of each row by id, resampled together.
    seed
        The same seed gives the same intervals.
    level
        Nominal coverage of the intervals.
    """
    ratings = ratings_of(state, groups=groups)
    pairs = []
    for a, b in combinations(ratings.reviewers, 2):
        n, same = same_share(ratings, a, b)
        if n:
            pairs.append(PairAgreement(a, b, n, same, cohen_kappa(ratings, a, b, level=level, seed=seed)))
    return ReviewAgreement(
        tuple(pairs),
        krippendorff_alpha(ratings, level=level, seed=seed) if pairs else None,
        disputes(state),
        suggestion_effect(state, suggestions=suggestions, level=level),
        suggestion_effect(state, contradicting=True, suggestions=suggestions, level=level),
        tuple(reviewer_error(state, name, truth, level=level) for name in state.reviewers) if truth else (),
        settlements(state),
    )
