"""How far suggestions move decisions: a random share of rows is shown without them.

Who sees a suggestion first tends to agree with it (automation bias; Goddard, Roudsari and Wyatt 2012). Rows are
drawn by a hash, so that both sides are alike but for chance, and their difference is the effect of seeing it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from evenhand.base.seeds import seed_from
from evenhand.base.values import TOO_FEW, Interval
from evenhand.review.log.event import Event
from evenhand.review.log.replay import ReviewState

BLIND_SHARE = 0.05
"""Share of the rows that each reviewer is shown without a suggestion."""
FEWEST_BLIND = 10
"""With fewer blind decisions, the difference is marked as too few to tell."""


def is_blind(seed: int, reviewer: str, row: str, share: float = BLIND_SHARE) -> bool:
    """Return whether a reviewer is shown a row without suggestion; the same whenever it is asked.

    >>> sum(is_blind(0, "ann", str(row)) for row in range(10_000))
    506
    """
    return seed_from("blind", seed, reviewer, row) < share * 2**63


@dataclass(frozen=True)
class SuggestionEffect:
    """How often decisions follow the suggestion.

    Attributes
    ----------
    shown, blind
        The share of decisions that came to what the model suggested, where it was shown, and where it was not.
    difference
        `shown` minus `blind`: what seeing a suggestion adds.
    """

    shown: Interval
    blind: Interval
    difference: Interval

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {name: getattr(self, name).document() for name in ("shown", "blind", "difference")}

    def __str__(self) -> str:
        words = f"{self.shown.estimate:.1%} of {self.shown.n:,} decisions follow the suggestion where it is shown"
        if not self.blind.n:
            return f"{words}; none was made without it."
        low, high = self.difference.low, self.difference.high
        effect = f"seeing it adds {self.difference.estimate:+.1%} [{low:+.1%}, {high:+.1%}]"
        few = "" if self.difference.enough else f", {TOO_FEW}"
        return f"{words}, {self.blind.estimate:.1%} of {self.blind.n:,} where it is not: {effect}{few}."


def suggestion_effect(
    state: ReviewState,
    reviewer: str | None = None,
    *,
    contradicting: bool = False,
    suggestions: Mapping[str, tuple[str, ...]] | None = None,
    level: float = 0.95,
) -> SuggestionEffect | None:
    """Return how far suggestions move decisions; None if there is no decision with a suggestion in view.

    The latest decision of each reviewer on each row counts that settles no dispute; planted rows do not.

    Parameters
    ----------
    reviewer
        Whose decisions; None for everybody's.
    contradicting
        Only rows whose suggestion is not the class that they had: where it agrees, most decisions follow it anyway.
    suggestions
        The suggestion of each row by id, for blind decisions whose event does not say what was withheld. One that
        was not blind and names none had none in view, whatever models suggest since.
    level
        Nominal coverage of the intervals.
    """
    right, counted = {False: 0, True: 0}, {False: 0, True: 0}
    for row in state.rows():
        for event in state.independent(row).values():
            suggested = _suggested(event, suggestions or {})
            if suggested is None or event.shown is None or (reviewer is not None and event.reviewer != reviewer):
                continue
            if contradicting and set(suggested) == set(event.from_):
                continue
            counted[event.shown.blind] += 1
            right[event.shown.blind] += event.outcome == ("label", tuple(sorted(suggested)))
    if not counted[False]:
        return None
    shown, blind = (share_interval(right[side], counted[side], level) for side in (False, True))
    return SuggestionEffect(shown, blind, difference_of_shares(shown, blind, FEWEST_BLIND))


def _suggested(event: Event, suggestions: Mapping[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    if event.shown is None:
        return None
    held = event.shown.suggestion
    return suggestions.get(event.row) if held is None and event.shown.blind else held


def share_interval(right: int, n: int, level: float = 0.95) -> Interval:
    """Return a share with its mid-P limits (Lancaster 1961); NaN without decisions."""
    if not n:
        return Interval(np.nan, np.nan, np.nan, 0, 0, level, f"{TOO_FEW}: no decision", enough=False)
    # with scipy, which the page would wait for: it only asks whether rows are blind
    from evenhand.evaluation.resampling.rare_event_limits import share_limits

    low, high = share_limits(np.array([right / n]), np.array([float(n)]), level)
    return Interval(right / n, float(low[0]), float(high[0]), n, n, level, "mid-P limits of a share")


def difference_of_shares(a: Interval, b: Interval, fewest: int = 0) -> Interval:
    """Return the difference of two independent shares.

    Its limits come from those of the shares by the method of variance estimates recovery (Newcombe 1998, method 10;
    Zou and Donner 2008), which keeps them within -1..1 and does not vanish where a share is 0 or 1.

    Parameters
    ----------
    fewest
        With fewer decisions on either side it is marked as too few to tell.
    """
    n, apart = a.n + b.n, a.estimate - b.estimate
    how = "limits of two shares, joined"
    if not np.isfinite(apart):
        return Interval(np.nan, np.nan, np.nan, n, n, a.level, f"{how}; {TOO_FEW}", enough=False)
    low = apart - float(np.hypot(a.estimate - a.low, b.high - b.estimate))
    high = apart + float(np.hypot(a.high - a.estimate, b.estimate - b.low))
    enough = min(a.n, b.n) >= fewest
    return Interval(apart, low, high, n, n, a.level, how if enough else f"{how}; {TOO_FEW}", enough)
