"""Classes predicted too often: exact tests by group, Holm over classes, and what counts as swallowing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evenhand.base.values import Predictions
from evenhand.evaluation.new_rows.class_shares import (
    most_taken,
    shares_against_run,
    shares_against_truth,
    sign_flip_test,
)
from evenhand.evaluation.new_rows.design_effect import design_effect

CLASSES = ("fastener", "flange", "tank")


def predictions(truth: list[int] | None, predicted: list[int], groups: list[str] | None = None) -> Predictions:
    ids = np.array([f"r{i}" for i in range(len(predicted))], dtype=object)
    return Predictions(
        ids,
        CLASSES,
        np.eye(3)[predicted] * 0.7 + 0.1,
        None if truth is None else np.array(truth),
        groups=None if groups is None else np.array(groups, dtype=object),
    )


@given(st.integers(0, 30), st.integers(0, 30))
def test_on_independent_rows_it_is_mcnemars_exact_test(more: int, less: int) -> None:
    expected = stats.binomtest(more, more + less).pvalue if more + less else 1.0
    assert sign_flip_test([1] * more + [-1] * less + [0, 0]) == pytest.approx(expected)


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9))
def test_it_counts_all_signs(sums: list[int]) -> None:
    signs = np.array(np.meshgrid(*[[-1, 1]] * len(sums))).reshape(len(sums), -1)
    totals = np.abs(np.array(sums) @ signs)
    assert sign_flip_test(sums) == pytest.approx(float((totals >= abs(sum(sums))).mean()))


def test_an_over_predicted_class_is_found_and_swallows() -> None:
    truth = [0] * 10 + [1] * 30 + [2] * 30
    predicted = [0] * 10 + [0] * 15 + [1] * 15 + [0] * 3 + [2] * 27
    first, *rest = shares_against_truth(predictions(truth, predicted), draws=200)
    assert (first.name, first.predicted, first.expected, first.direction) == ("fastener", 28, 10, "over")
    assert first.taken == pytest.approx(18 / 60)
    assert first.difference == pytest.approx(18 / 70)
    assert 0 < first.low < first.difference < first.high
    assert first.p < 0.001
    assert {one.name: one.direction for one in rest} == {"tank": "as expected", "flange": "under"}
    assert [one.name for one in most_taken([first, *rest])] == ["fastener"]


def test_mistakes_that_all_come_from_one_group_show_nothing() -> None:
    truth = [0] * 10 + [1] * 30 + [2] * 30
    predicted = [0] * 10 + [0] * 15 + [1] * 15 + [2] * 30
    groups = [f"g{i}" for i in range(10)] + ["series"] * 15 + [f"h{i}" for i in range(45)]
    alone = shares_against_truth(predictions(truth, predicted), draws=200)[0]
    assert alone.p < 0.001
    grouped = shares_against_truth(predictions(truth, predicted, groups), draws=200)[0]
    assert grouped.p == 1
    assert most_taken([grouped]) == []


def test_right_predictions_are_as_expected() -> None:
    truth = [0] * 5 + [1] * 200
    found = shares_against_truth(predictions(truth, truth), draws=200)
    assert [one.name for one in found] == ["fastener", "flange"]
    assert all(one.p == 1 and one.direction == "as expected" for one in found)


def test_random_mistakes_are_rarely_found() -> None:
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(60):
        truth = rng.integers(0, 3, 80)
        predicted = np.where(rng.random(80) < 0.3, rng.integers(0, 3, 80), truth)
        found = shares_against_truth(predictions(truth.tolist(), predicted.tolist()), draws=50)
        hits += any(one.direction != "as expected" for one in found)
    assert hits <= 8


def test_without_truth_the_run_is_the_reference() -> None:
    held_out = predictions([0, 1, 2] * 40, [0, 1, 2] * 40)
    first = shares_against_run(predictions(None, [0] * 45 + [1] * 8 + [2] * 7), held_out)[0]
    assert (first.name, first.direction, first.taken) == ("fastener", "over", None)
    assert first.expected == pytest.approx(20)
    same = shares_against_run(predictions(None, [0, 1, 2] * 20), held_out)
    assert all(one.direction == "as expected" for one in same)
    # Eight groups, each predicted alike, are not 120 rows.
    series = predictions([0, 1, 2] * 40, sorted([0, 1, 2] * 40), [f"s{i // 15}" for i in range(120)])
    few = shares_against_run(predictions(None, [0] * 12 + [1] * 4 + [2] * 4), series)[0]
    assert few.p > 0.3


def test_several_labels_are_held_against_their_own_frequency() -> None:
    truth = np.zeros((40, 3))
    truth[:10, 0] = 1
    told = np.full((40, 3), 0.1)
    told[:35, 0] = 0.9
    p = Predictions(np.arange(40).astype(str).astype(object), CLASSES, told, truth)
    (one,) = shares_against_truth(p, draws=50)
    assert (one.name, one.direction, one.taken) == ("fastener", "over", pytest.approx(25 / 30))


def test_the_design_effect_of_alike_rows_is_the_size_of_groups() -> None:
    groups = np.repeat(np.arange(50), 6).astype(object)
    rng = np.random.default_rng(1)
    alike = np.repeat(rng.random(50) < 0.3, 6)
    assert design_effect(alike, groups) == pytest.approx(6, rel=0.05)
    assert design_effect(rng.random(300) < 0.3, groups) == pytest.approx(1.2, abs=0.3)
    assert design_effect(np.zeros(300), groups) == 6
