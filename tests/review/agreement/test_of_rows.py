"""What rows add to the agreement of reviewers: suggestions that events do not name, and groups."""

from __future__ import annotations

from collections.abc import Callable

from evenhand.review.agreement.of_rows import agreement_on, suggestions_of
from evenhand.review.log.event import Event
from evenhand.review.log.replay import replay
from evenhand.review.rows.review_rows import ReviewRows

Rows = Callable[..., ReviewRows]
NAN = float("nan")


def test_suggestions_are_the_most_probable_class_or_all_that_are_probable(make_rows: Rows) -> None:
    single = make_rows([0, 1, 2], [[0.2, 0.7, 0.1], [NAN] * 3, [0.1, 0.1, 0.8]])
    assert suggestions_of(single) == {"r0": ("birch",), "r2": ("cedar",)}
    several = make_rows([[True, False, False], [False, True, True]], [[0.5, 0.9, 0.1], [0.1, 0.2, 0.3]])
    assert suggestions_of(several) == {"r0": ("ash", "birch"), "r1": ()}
    assert suggestions_of(make_rows([0, 1])) == {}


def test_blind_decisions_are_compared_with_what_was_withheld_and_groups_are_kept_together(make_rows: Rows) -> None:
    rows = make_rows([0] * 4, [[0.1, 0.9, 0.0]] * 4, groups=["x", "x", "y", "y"])
    events = [
        Event.new(
            "relabel" if name == "ann" else "keep",
            name,
            row,
            ["ash"],
            **({"to": ["birch"]} if name == "ann" else {}),
            shown={"blind": row == "r0", "suggestion": None if row == "r0" else ["birch"]},
        )
        for row in rows.ids
        for name in ("ann", "bob")
    ]
    found = agreement_on(rows, replay(events))
    assert found.effect is not None
    assert (found.effect.shown.n, found.effect.blind.n, found.effect.blind.estimate) == (6, 2, 0.5)
    assert found.alpha is not None
    assert (found.alpha.n, found.alpha.groups) == (4, 2)
