"""Agreement of reviewers: kappa is scikit-learn's, alpha that of published examples, intervals cover."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from evenhand.base.values import Ints
from evenhand.review.agreement.alpha import krippendorff_alpha
from evenhand.review.agreement.disputes import disputes
from evenhand.review.agreement.kappa import cohen_kappa, same_share
from evenhand.review.agreement.ratings import MISSING, Ratings, ratings_of
from evenhand.review.log.event import Event, Shown
from evenhand.review.log.replay import replay


def ratings(columns: Sequence[Sequence[int]], groups: Ints | None = None) -> Ratings:
    """Return ratings of reviewers a, b, …; a column each."""
    chosen = np.array(columns, dtype=np.int64).reshape(len(columns), -1).T
    k = int(chosen.max(initial=0)) + 1
    names = tuple("abcdefgh"[: len(columns)])
    rows = tuple(map(str, range(len(chosen))))
    return Ratings(rows, names, tuple(("label", (str(c),)) for c in range(k)), chosen, groups)


def texts(*lines: str) -> Ratings:
    """Return ratings from a text per reviewer: a character a row, "." where there is none."""
    return ratings([[MISSING if one == "." else int(one) for one in line] for line in lines])


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 3)), min_size=1, max_size=30))
def test_kappa_is_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    both = [pair for pair in pairs if MISSING not in pair]
    found = cohen_kappa(ratings(list(zip(*pairs, strict=True))), "a", "b", draws=20)
    assert found.n == len(both)
    if len({one for pair in both for one in pair}) < 2:
        assert np.isnan(found.estimate)
        return
    assert found.estimate == pytest.approx(cohen_kappa_score(*zip(*both, strict=True)), abs=1e-12)
    assert -1 <= found.low <= found.estimate <= found.high <= 1


@pytest.mark.parametrize(
    ("lines", "alpha"),
    [
        (("0100000010", "1110010000"), 0.095),  # Krippendorff 2011, part A: two observers, two values
        (("001132224330", "101112224333"), 0.692),  # part B: two observers, five values
        (("123321412...", "1233224125.3", ".3332342251.", "12332441251."), 0.743),  # part C: gaps
    ],
)
def test_alpha_is_that_of_the_published_examples(lines: tuple[str, ...], alpha: float) -> None:
    assert krippendorff_alpha(texts(*lines), draws=20).estimate == pytest.approx(alpha, abs=5e-4)


def by_definition(chosen: Ints) -> float:
    """Return alpha from the matrix of coincidences, pair by pair."""
    k = int(chosen.max()) + 1
    coincidences = np.zeros((k, k))
    for row in chosen:
        values = [int(one) for one in row if one != MISSING]
        for i, a in enumerate(values):
            for j, b in enumerate(values):
                if i != j:
                    coincidences[a, b] += 1 / (len(values) - 1)
    n_c = coincidences.sum(axis=1)
    apart = 1 - np.eye(k)
    return float(1 - (n_c.sum() - 1) * (coincidences * apart).sum() / (np.outer(n_c, n_c) * apart).sum())


@settings(max_examples=40)
@given(st.lists(st.lists(st.integers(-1, 2), min_size=4, max_size=4), min_size=2, max_size=12))
def test_alpha_is_that_of_its_definition(rows: list[list[int]]) -> None:
    found = krippendorff_alpha(ratings(list(zip(*rows, strict=True))), draws=20)
    pairable = [row for row in rows if sum(one != MISSING for one in row) > 1]
    assert found.n == len(pairable)
    if len({one for row in pairable for one in row if one != MISSING}) < 2:
        assert np.isnan(found.estimate)
    else:
        assert found.estimate == pytest.approx(by_definition(np.array(pairable)), abs=1e-12)


def test_full_agreement_of_few_rows_is_not_certain_and_more_rows_are_surer() -> None:
    few, many = (cohen_kappa(texts("01" * n, "01" * n), "a", "b") for n in (5, 500))
    assert few.estimate == many.estimate == 1
    assert few.low < 0.6 < many.low < 1


def test_without_a_row_in_common_nothing_is_said() -> None:
    apart = texts("01..", "..01")
    assert same_share(apart, "a", "b") == (0, 0)
    for found in (cohen_kappa(apart, "a", "b"), krippendorff_alpha(apart)):
        assert np.isnan(found.estimate)
        assert not found.enough
    assert not cohen_kappa(texts("01", "01"), "a", "b").enough


def test_rows_of_one_group_are_resampled_together() -> None:
    a, b = "0011" * 20, "0101" * 10 + "0011" * 10
    alone = cohen_kappa(texts(a, b), "a", "b")
    grouped = cohen_kappa(ratings([[*map(int, a)], [*map(int, b)]], np.arange(80) // 20), "a", "b")
    assert grouped.estimate == alone.estimate
    assert (grouped.groups, alone.groups) == (4, 80)
    assert grouped.high - grouped.low > alone.high - alone.low


@pytest.mark.slow
def test_intervals_cover_the_true_agreement(size: Callable[[int, int], int]) -> None:
    """Two reviewers see the true one of 3 classes with a chance of 0.8 each, or else any."""
    rng, repeats, n = np.random.default_rng(0), size(60, 1000), 150
    share = np.array([0.6, 0.3, 0.1])
    seen = np.eye(3) * 0.8 + 0.2 * share[None, :]
    joint = np.einsum("t,ta,tb->ab", share, seen, seen)
    by_chance = float(joint.sum(axis=1) @ joint.sum(axis=0))
    true = (np.trace(joint) - by_chance) / (1 - by_chance)
    hits = np.zeros(2)
    for repeat in range(repeats):
        cell = rng.choice(9, size=n, p=joint.ravel())
        both = ratings([(cell // 3).tolist(), (cell % 3).tolist()])
        found = (
            cohen_kappa(both, "a", "b", draws=400, seed=repeat),
            krippendorff_alpha(both, draws=400, seed=repeat),
        )
        hits += [one.low <= true <= one.high for one in found]  # alpha estimates the same where reviewers are alike
    assert (hits / repeats >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / repeats)).all(), hits / repeats


def test_ratings_leave_out_what_is_unsure_or_planted_and_keep_what_was_decided_before_a_settlement() -> None:
    state = replay(
        [
            Event.new("keep", "ann", "r1", ["a"]),
            Event.new("trash", "bob", "r1", ["a"]),
            Event.new("trash", "ann", "r1", ["a"], resolves=True),
            Event.new("unsure", "ann", "r2", ["a"]),
            Event.new("relabel", "bob", "r2", ["a"], to=["b"]),
            Event.new("keep", "bob", "planted", ["a"], shown=Shown(planted=True)),
        ]
    )
    found = ratings_of(state, groups={"r1": "r2", "r2": "r2"})
    assert (found.rows, found.reviewers) == (("r1", "r2"), ("ann", "bob"))
    assert found.categories == (("label", ("a",)), ("label", ("b",)), ("trash", ()))
    assert found.chosen.tolist() == [[0, 2], [MISSING, 1]], "settling a dispute does not make them agree"
    assert found.groups is not None
    assert found.groups.tolist() == [0, 0]


def test_disputes_come_with_the_most_reviewers_and_the_closest_votes_first() -> None:
    def say(row: str, **kinds: str) -> list[Event]:
        return [Event.new(kind, name, row, ["a"]) for name, kind in kinds.items()]

    state = replay(
        [
            *say("r1", bob="keep", ann="trash"),
            *say("r2", ann="keep", bob="keep", cy="trash", di="keep"),
            *say("r3", ann="keep", bob="keep", cy="trash", di="trash"),
            *say("r4", ann="keep", bob="keep"),
        ]
    )
    found = disputes(state)
    assert [one.row for one in found] == ["r3", "r2", "r1"]
    assert str(found[-1]) == "r1: ann (trash), bob a"
