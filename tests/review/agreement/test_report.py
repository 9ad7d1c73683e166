"""The error of reviewers on planted rows, and the report of agreement as a whole."""

from __future__ import annotations

import json

from evenhand.review.agreement.planted import reviewer_error
from evenhand.review.agreement.report import review_agreement
from evenhand.review.log.event import Event, Shown
from evenhand.review.log.replay import replay

PLANTED = Shown(planted=True)


def test_the_error_counts_what_is_decided_otherwise_than_known() -> None:
    state = replay(
        [
            *(Event.new("keep", "ann", f"r{n}", ["b", "a"], shown=PLANTED) for n in range(8)),
            Event.new("trash", "ann", "r8", ["a", "b"], shown=PLANTED),
            Event.new("relabel", "ann", "r9", ["a"], to=["c"], shown=PLANTED),
            Event.new("unsure", "ann", "r10", ["a"], shown=PLANTED),
            Event.new("trash", "ann", "r0", ["a"]),  # not as a planted row
            Event.new("keep", "bob", "r0", ["a"], shown=PLANTED),
        ]
    )
    known = {f"r{n}": ("a", "b") for n in range(12)}
    found = reviewer_error(state, "ann", known)
    assert (found.error.estimate, found.error.n, found.unsure) == (0.2, 10, 1)
    assert found.mistakes == {("a|b", "c"): 1, ("a|b", "(trash)"): 1}
    assert str(found).startswith("ann decided 10 planted rows, 2 of them wrongly: an error of 20.0% [3")
    assert found.document()["mistakes"][0] == {"known": "a|b", "decided": "c", "rows": 1}
    assert str(reviewer_error(state, "cy", known)) == "cy decided no planted row."


def test_the_report_says_all_of_it_in_words_and_as_plain_values() -> None:
    events = []
    for n in range(40):
        shown = {"suggestion": ["b"], "blind": n % 4 == 0}
        for name in ("ann", "bob"):
            follows = n % 2 == 1 and (name == "ann" or n != 39)
            more = {"to": ["b"]} if follows else {}
            events.append(Event.new("relabel" if follows else "keep", name, f"r{n}", ["a"], shown=shown, **more))
    events += [Event.new("keep", "bob", "r40", ["a"]), Event.new("trash", "ann", "known", ["a"], shown=PLANTED)]
    found = review_agreement(replay(events), truth={"known": ("a",)})
    (pair,) = found.pairs
    assert (pair.n, pair.same, round(pair.kappa.estimate, 2)) == (40, 39, 0.95)
    assert found.alpha is not None
    assert found.alpha.n == 40
    assert [one.row for one in found.disputes] == ["r39"]
    text = str(found)
    assert "ann and bob agree on 39 of 40 rows that both decided; Cohen's kappa 0.950 [" in text
    assert "1 row is disputed." in text
    assert "Suggestions: 65.0% of 60 decisions follow" in text
    assert "ann decided 1 planted row, 1 of them wrongly" in text
    document = json.loads(json.dumps(found.document(), allow_nan=False))
    assert set(document) == {
        "pairs",
        "alpha",
        "disputes",
        "settled",
        "suggestions",
        "suggestions_that_contradict",
        "planted",
    }


def test_settled_disputes_say_whose_decision_was_upheld() -> None:
    events = []
    for row in ("r1", "r2", "r3"):
        events += [Event.new("keep", "ann", row, ["a"]), Event.new("relabel", "bob", row, ["a"], to=["b"])]
    settles = {"resolves": True}
    events.append(Event.new("relabel", "cy", "r1", ["a"], to=["b"], **settles))
    events.append(Event.new("keep", "ann", "r2", ["a"], **settles))  # who decided before may settle it too
    found = review_agreement(replay(events))
    assert [one.row for one in found.disputes] == ["r3"]
    assert [one.document() for one in found.settled] == [
        {"row": "r1", "by": "cy", "decided": "b", "upheld": ["bob"], "overruled": ["ann"]},
        {"row": "r2", "by": "ann", "decided": "a", "upheld": ["ann"], "overruled": ["bob"]},
    ]
    assert "2 disputes are settled: ann was upheld in 1 of 2, bob was upheld in 1 of 2." in str(found)
    # as agreement counts, nothing was settled
    assert (found.pairs[0].n, found.pairs[0].same) == (3, 0)


def test_a_review_of_one_person_has_nothing_to_compare() -> None:
    found = review_agreement(replay([Event.new("keep", "ann", "r1", ["a"])]))
    assert (found.pairs, found.alpha, found.effect) == ((), None, None)
    assert str(found) == "No row was decided by two reviewers.\nNo row is disputed."
