"""The blind share: who is shown what, and how far a suggestion moves decisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from evenhand.review.agreement.blind_share import (
    SuggestionEffect,
    difference_of_shares,
    is_blind,
    share_interval,
    suggestion_effect,
)
from evenhand.review.log.event import Event
from evenhand.review.log.replay import ReviewState, replay


def decision(row: str, follows: bool, blind: bool, *, reviewer: str = "ann", **shown: Any) -> Event:
    """Return a decision on a row of class a for which b is suggested."""
    screen = {"suggestion": ["b"], "blind": blind, **shown}
    more = {"to": ["b"]} if follows else {}
    return Event.new("relabel" if follows else "keep", reviewer, row, ["a"], shown=screen, **more)


def review(shown: tuple[int, int], blind: tuple[int, int]) -> ReviewState:
    """Return decisions of which (first of second) follow the suggestion, where it was shown and where not."""
    return replay(
        decision(f"{side} {n}", n < follow, side)
        for side, (follow, of) in ((False, shown), (True, blind))
        for n in range(of)
    )


def test_reviewers_and_seeds_have_other_blind_rows() -> None:
    rows = [str(n) for n in range(4000)]
    ann, bob, again = (
        {row for row in rows if is_blind(seed, name, row)} for seed, name in ((0, "ann"), (0, "bob"), (1, "ann"))
    )
    assert all(150 < len(one) < 250 for one in (ann, bob, again))
    assert len(ann & bob) < 30
    assert len(ann & again) < 30
    assert not any(is_blind(0, "ann", row, share=0) for row in rows[:50])
    assert all(is_blind(0, "ann", row, share=1) for row in rows[:50])


def test_the_effect_is_the_difference_of_what_follows_seen_and_unseen() -> None:
    effect = suggestion_effect(review((90, 100), (25, 50)))
    assert effect is not None
    assert (effect.shown.estimate, effect.shown.n, effect.blind.estimate, effect.blind.n) == (0.9, 100, 0.5, 50)
    assert effect.difference.estimate == pytest.approx(0.4)
    assert 0.2 < effect.difference.low < 0.4 < effect.difference.high < 0.6
    assert str(effect).startswith(
        "90.0% of 100 decisions follow the suggestion where it is shown, 50.0% of 50 where it is not: "
        "seeing it adds +40.0% ["
    )


def test_few_blind_decisions_are_too_few_and_none_is_said() -> None:
    few, none = suggestion_effect(review((9, 10), (3, 3))), suggestion_effect(review((9, 10), (0, 0)))
    assert few is not None
    assert none is not None
    assert not few.difference.enough
    assert str(few).endswith("too few to tell.")
    assert few.difference.low < -0.2, "3 of 3 may be as few as half"
    assert str(none) == "90.0% of 10 decisions follow the suggestion where it is shown; none was made without it."
    assert none.document()["difference"]["estimate"] is None
    assert suggestion_effect(review((0, 0), (3, 3))) is None


def test_what_counts() -> None:
    state = replay(
        [
            decision("r1", True, False),
            decision("r1", False, False, reviewer="bob"),
            decision("r1", True, False, reviewer="bob", planted=True),
            decision("r2", False, True, suggestion=["a"]),  # the suggestion agrees with the class
            Event.new("keep", "ann", "r3", ["a"], shown={"suggestion": None}),
            Event.new("keep", "ann", "r4", ["a"]),
        ]
    )

    def counts(effect: SuggestionEffect | None) -> tuple[int, int]:
        assert effect is not None
        return effect.shown.n, effect.blind.n

    assert counts(suggestion_effect(state)) == (2, 1)
    assert counts(suggestion_effect(state, contradicting=True)) == (2, 0)
    # r3 was decided before there was a model, and r5 blind by an event that does not say what was withheld
    state.apply(Event.new("keep", "ann", "r5", ["a"], shown={"suggestion": None, "blind": True}))
    assert counts(suggestion_effect(state, suggestions=dict.fromkeys(("r3", "r4", "r5"), ("a",)))) == (2, 2)
    assert counts(suggestion_effect(state, "bob")) == (1, 0)
    assert suggestion_effect(state, "cy") is None


def test_shares_and_differences_without_rows_are_not_known() -> None:
    none = share_interval(0, 0)
    assert np.isnan(none.estimate)
    assert np.isnan(difference_of_shares(none, share_interval(1, 2)).estimate)


@pytest.mark.slow
@pytest.mark.parametrize(("p", "q"), [(0.95, 0.9), (0.6, 0.3), (0.99, 0.99)])
def test_the_interval_of_the_difference_covers_it(p: float, q: float, size: Callable[[int, int], int]) -> None:
    rng, repeats = np.random.default_rng(0), size(200, 4000)
    hits = 0
    for _ in range(repeats):
        shown, blind = share_interval(int(rng.binomial(600, p)), 600), share_interval(int(rng.binomial(30, q)), 30)
        found = difference_of_shares(shown, blind)
        hits += found.low <= p - q <= found.high
    assert hits / repeats >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / repeats) - 0.005  # mid-P is not exact
