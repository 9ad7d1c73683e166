"""Metrics that compare groups, by hand and against pandas; in replicates a group counts as often as it is drawn."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evenhand.base.values import Predictions
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows
from evenhand.evaluation.figures.evaluate import evaluate
from evenhand.evaluation.figures.score import fast_score
from evenhand.evaluation.metrics.build import ask
from evenhand.evaluation.metrics.groups import quantile_limits, worst_limits
from evenhand.evaluation.metrics.metric_names import MetricNameError

NAMES = ("a", "b", "c")


def made(seed, n=60, g=7):
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.ones(3), n), rng.integers(0, 3, n), rng.integers(0, g, n)


def figure(name, p, y, groups, sets=None):
    (one,) = ask(EvaluatedRows(NAMES, p, y, groups=groups), [name], sets or {}, {})
    return one.estimate()


@given(st.integers(0, 10_000), st.integers(1, 40))
def test_figures_agree_with_pandas(seed, n):
    p, y, groups = made(seed, n)
    per_group = pd.Series(p.argmax(1) == y).groupby(groups).mean()
    assert figure("group_accuracy", p, y, groups) == pytest.approx(per_group.mean())
    assert figure("worst_group_accuracy", p, y, groups) == pytest.approx(per_group.min())
    expected = np.quantile(per_group, 0.3, method="inverted_cdf")
    assert figure("group_accuracy_quantile_30", p, y, groups) == pytest.approx(expected)


def test_of_one_class_it_is_the_recall_in_each_group_that_has_it():
    p, y = np.eye(3)[[0, 0, 1, 1, 2]], np.array([0, 1, 1, 1, 0])
    groups = np.array([0, 0, 1, 2, 2])
    assert figure("worst_group_accuracy[b]", p, y, groups) == 0.0
    assert figure("group_accuracy[b]", p, y, groups) == pytest.approx(2 / 3)
    assert figure("group_accuracy_rare", p, y, groups, {"rare": ["a"]}) == 0.5
    assert np.isnan(figure("group_accuracy[c]", p, y, groups))


def test_intervals_count_a_group_as_often_as_it_is_drawn():
    p, y, groups = made(0, 400, 20)
    found = evaluate(
        Predictions(np.arange(400).astype(str), NAMES, p, y, groups=groups), ["group_accuracy"], draws=500
    )
    figure = found["group_accuracy"]
    assert figure.low < figure.estimate < figure.high
    per_group = pd.Series(p.argmax(1) == y).groupby(groups).mean()
    expected = 2 * 1.96 * per_group.std() / np.sqrt(20)
    assert figure.high - figure.low == pytest.approx(expected, rel=0.35)


def test_without_groups_it_says_what_to_name():
    p, y, _ = made(0)
    with pytest.raises(MetricNameError, match=r"compares groups of rows, and none are named; .* data\.group"):
        fast_score(p, y, NAMES, {"worst_group_accuracy": 1.0})


def test_the_score_takes_groups_and_leaves_out_unknown_rows():
    p, y, groups = made(1)
    y = np.where(np.arange(60) < 5, -1, y)
    names = np.array([f"person {g}" for g in groups], dtype=object)
    score, parts = fast_score(p, y, NAMES, {"group_accuracy": 0.5, "group_accuracy_quantile_10": 0.5}, groups=names)
    assert score == pytest.approx(np.mean(list(parts.values())))
    assert parts["group_accuracy"] == pytest.approx(figure("group_accuracy", p[5:], y[5:], groups[5:]))


@pytest.mark.parametrize("name", ["group_accuracy_quantile_0", "group_accuracy_quantile_100", "group_quantile"])
def test_no_other_quantiles_are_known(name):
    p, y, groups = made(0)
    with pytest.raises(MetricNameError):
        figure(name, p, y, groups)


@pytest.mark.parametrize(
    ("percent", "g", "enough"),
    [(10, 10, False), (10, 11, True), (90, 10, False), (5, 20, False), (5, 21, True), (50, 3, True)],
)
def test_a_quantile_that_is_the_lowest_or_highest_group_says_so(percent, g, enough):
    rng = np.random.default_rng(0)
    y, groups = rng.integers(0, 3, 20 * g), np.arange(20 * g) % g
    p = np.where(rng.random((20 * g, 1)) < 0.8, np.eye(3)[y], np.eye(3)[(y + 1) % 3])
    name = f"group_accuracy_quantile_{percent}"
    found = evaluate(Predictions(np.arange(len(y)).astype(str), NAMES, p, y, groups=groups), [name], draws=100)[
        name
    ]
    assert found.enough == enough
    assert ("is one group at most" in found.how) != enough
    assert "too few to tell" in str(found) or enough


def test_a_quantile_has_the_limits_of_order_statistics():
    share = np.arange(100) / 100
    statistics = np.concatenate([share * 100, np.full(100, 100.0), np.ones(100)])[:, None]
    low, high = quantile_limits(10, statistics, 0.95)
    few, many = stats.binom.ppf([0.025, 0.975], 100, 0.1).astype(int)
    assert (low, high) == pytest.approx((share[few - 1], share[many]))
    assert quantile_limits(10, statistics[np.r_[0:20, 100:120, 200:220]], 0.95)[0] == 0.0


def perfect(sizes):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    y = np.arange(len(groups)) % 3
    return Predictions(np.arange(len(y)).astype(str), NAMES, np.eye(3)[y], y, groups=groups)


def test_of_perfect_groups_the_smallest_may_be_the_worst():
    names = ["worst_group_accuracy", "group_accuracy"]
    found = evaluate(perfect([300] + [20] * 40 + [3, 3]), names, draws=100)
    worst, mean = found.values()
    assert worst.low == pytest.approx(0.05 ** (1 / 3), abs=1e-6)
    assert (worst.n, worst.groups, worst.enough) == (3, 43, True)
    gaps = 1 - 0.05 ** (1 / np.repeat([300, 20, 3], [1, 40, 2]))
    assert mean.low == pytest.approx(1 - np.sqrt(gaps @ gaps) / 43, abs=1e-6)


def test_worst_of_groups_of_two_rows_cannot_be_told():
    found = evaluate(perfect([40, 30, 2]), ["worst_group_accuracy"], draws=100)["worst_group_accuracy"]
    assert not found.enough
    assert found.how.endswith("too few to tell: 1 of 3 groups have fewer than 3 rows")


def test_every_group_counts_alike_in_what_a_mean_over_groups_rests_on():
    p = perfect([300, 20, 20, 20, 20, 20, 20, 20, 20])
    found = evaluate(p, ["group_accuracy", "accuracy"], draws=100)
    assert "groups decide" in found["accuracy"].how  # one group has most rows
    assert found["group_accuracy"].how == "bootstrap over groups"


@pytest.mark.parametrize(("g", "size", "alike"), [(60, 5, 1e9), (12, 50, 1e9), (30, 20, 20.0), (5, 12, 30.0)])
def test_limits_hold_the_lowest_true_share(g, size, alike):
    rng, held = np.random.default_rng(g), 0
    for _ in range(300):
        true = rng.beta(0.9 * alike, 0.1 * alike, g)
        right = rng.binomial(size, true)
        low, high = worst_limits(np.concatenate([right, np.full(g, size), np.ones(g)]).astype(float)[:, None], 0.95)
        held += low <= true.min() <= high
    assert held >= 0.93 * 300


@pytest.mark.parametrize(("g", "size", "alike"), [(60, 5, 1e9), (30, 20, 20.0)])
def test_intervals_hold_the_mean_over_groups_like_these(g, size, alike):
    rng, held, y = np.random.default_rng(g), 0, np.zeros(g * size, dtype=int)
    groups = np.repeat(np.arange(g), size)
    for _ in range(100):
        true = rng.beta(0.9 * alike, 0.1 * alike, g)
        said = (rng.random(g * size) > true[groups]).astype(int)
        p = Predictions(np.arange(g * size).astype(str), NAMES, np.eye(3)[said], y, groups=groups)
        found = evaluate(p, ["group_accuracy"], draws=100)["group_accuracy"]
        held += found.low <= 0.9 <= found.high
    assert held >= 91
