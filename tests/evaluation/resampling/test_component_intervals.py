"""Figures put together from classes: the thinnest one decides, in whatever order classes, rows and groups come."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.base.values import Predictions
from evenhand.evaluation.core.evaluated_rows import rows_of
from evenhand.evaluation.figures.evaluate import evaluate
from evenhand.evaluation.metrics.build import ask
from evenhand.evaluation.resampling.component_intervals import part_limits
from evenhand.evaluation.resampling.differences import difference

AVERAGES = ["balanced_accuracy", "macro_f1", "macro_precision", "macro_recall", "roc_auc", "average_precision"]
FIGURES = [*AVERAGES, "accuracy", "weighted_f1", "micro_f1", "worst_recall", "log_loss", "brier"]


def made(truth, probabilities, groups=None, classes="abcdef"):
    names = tuple(classes[: probabilities.shape[1]])
    return Predictions(np.arange(len(truth)).astype(str), names, probabilities, truth, groups=groups)


def perfect(counts, groups=None):
    truth = np.repeat(np.arange(len(counts)), counts)
    return made(truth, np.eye(len(counts))[truth] * 0.94 + 0.02, groups)


def random(seed, n=80, k=3, g=0, skill=0.6):
    rng = np.random.default_rng(seed)
    truth = rng.choice(k, n, p=np.array([0.7, 0.2, 0.1][:k]))
    probabilities = (1 - skill) * rng.dirichlet(np.ones(k), n) + skill * np.eye(k)[truth]
    return made(truth, probabilities, rng.integers(0, g, n).astype(str) if g else None)


@pytest.mark.parametrize("counts", list(permutations([600, 30, 3])))
def test_of_perfect_classes_the_one_with_least_rows_decides_the_worst_whatever_their_order(counts):
    p = perfect(counts)
    thin = "abc"[counts.index(3)]
    found = evaluate(p, ["worst_recall", f"recall[{thin}]"], draws=100)
    worst, own = found["worst_recall"], found[f"recall[{thin}]"]
    assert (worst.low, worst.high, worst.n) == (pytest.approx(own.low), own.high, 3)
    assert worst.low == pytest.approx(0.05 ** (1 / 3), abs=1e-6)


@pytest.mark.parametrize("metric", AVERAGES)
def test_an_average_spans_what_its_thinnest_class_can_still_be(metric):
    even, thin = (
        evaluate(perfect(counts), [metric], draws=100)[metric] for counts in ((211, 211, 211), (600, 30, 3))
    )
    assert even.low > 0.97
    assert 0.7 < thin.low < 0.9
    assert even.high == thin.high == 1


@pytest.mark.parametrize("g", [0, 5, 12])
def test_a_worst_class_is_never_surer_than_any_by_itself(g):
    for seed in range(100, 112):
        p = random(seed, n=60, g=g, skill=0.3)
        figures = evaluate(p, ["worst_recall", "recall[a]", "recall[b]", "recall[c]"], draws=100)
        worst = figures.pop("worst_recall")
        lowest = min(one.estimate for one in figures.values())
        assert worst.low <= min(one.low for one in figures.values()) + 1e-9
        assert worst.high >= max(one.high for one in figures.values() if one.estimate == lowest) - 1e-9


def test_a_worst_class_cannot_be_told_where_any_class_has_too_few_rows_whatever_they_show():
    truth = np.repeat([0, 1, 2], [600, 30, 2])
    for wrong in (0, 20):
        said = np.where(np.arange(632) < wrong, 1, truth)
        found = evaluate(made(truth, np.eye(3)[said]), ["worst_recall"], draws=100)["worst_recall"]
        assert not found.enough
        assert found.how.endswith("too few to tell: of c about 2 rows decide")


def test_a_mean_weighed_by_rows_weighs_them_by_the_truth_and_spans_one_error_of_many():
    truth = np.repeat([0, 1, 2], [42, 17, 1])
    said = truth.copy()
    said[0] = 2
    found = evaluate(made(truth, np.eye(3)[said]), ["weighted_f1", "accuracy"], draws=300)
    assert found["weighted_f1"].high >= 0.999  # one error of sixty rows rules out no figure of 0.999
    assert found["weighted_f1"].high == pytest.approx(found["accuracy"].high, abs=2e-3)
    rare = made(np.repeat([0, 1], [40, 20]), np.eye(3)[np.repeat([0, 1], [40, 20])])
    assert evaluate(rare, ["weighted_f1"], draws=100)["weighted_f1"].enough  # a class without a row counts nothing


def test_two_scores_that_one_error_lowers_rise_together():
    truth = np.repeat([0, 1, 2, 3], [149, 90, 45, 16])
    said = truth.copy()
    said[240] = 3
    found = evaluate(made(truth, np.eye(4)[said]), ["macro_f1"], draws=500)["macro_f1"]
    assert found.high > 0.9987  # the truth where 0.999 of rows are right


def test_a_class_without_a_row_is_too_few_to_tell():
    p = made(np.array([0, 1] * 30), np.eye(3)[[0, 1] * 30] * 0.94 + 0.02)
    for metric in ("balanced_accuracy", "macro_f1", "worst_recall", "average_precision"):
        found = evaluate(p, [metric], draws=100)[metric]
        assert not found.enough
        assert "33% of the classes have no row" in found.how
        assert found.low < 0.67
        assert found.document()["enough"] is False
        assert "too few to tell" in str(found)
    assert evaluate(p, ["accuracy"], draws=100)["accuracy"].enough


def test_ordinary_rows_have_an_interval_close_to_the_one_of_replicates():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 600)
    p = made(truth, 0.7 * rng.dirichlet(np.ones(3), 600) + 0.3 * np.eye(3)[truth])
    for metric in ("accuracy", "balanced_accuracy", "macro_f1", "weighted_f1"):
        found = evaluate(p, [metric])[metric]
        wald = 2 * 1.96 * np.sqrt(found.estimate * (1 - found.estimate) / 600)
        assert found.enough
        assert found.high - found.low == pytest.approx(wald, rel=0.1)


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.sampled_from([0, 8]), st.sampled_from([0.3, 0.95]))
def test_the_order_of_classes_rows_and_groups_has_no_say(seed, g, skill):
    p = random(seed, g=g, skill=skill)
    rng = np.random.default_rng(seed)
    to = rng.permutation(3)
    other = p.take(rng.permutation(len(p)))
    other = replace(
        other,
        classes=tuple(np.array(p.classes)[to]),
        probabilities=other.probabilities[:, to],
        truth=np.argsort(to)[other.truth],
        groups=None if p.groups is None else np.array([f"g{9 - int(name)}" for name in other.groups]),
    )
    one, two = (evaluate(of, FIGURES, draws=600, seed=seed) for of in (p, other))
    for metric in FIGURES:
        a, b = one[metric], two[metric]
        assert a.estimate == pytest.approx(b.estimate, abs=1e-9, nan_ok=True)
        assert (a.n, a.groups, a.enough) == (b.n, b.groups, b.enough)
        width = max(a.high - a.low, b.high - b.low)
        assert (a.low, a.high) == pytest.approx((b.low, b.high), abs=0.2 * width + 1e-9), metric  # other replicates
        assert 0 <= a.low <= a.estimate <= a.high <= {"log_loss": np.inf, "brier": 2}.get(metric, 1)


@pytest.mark.parametrize("to", list(permutations(range(3))))
def test_without_groups_the_same_rows_are_drawn_whatever_the_order_of_classes(to):
    p = random(3, n=200, skill=0.3)
    other = replace(
        p,
        classes=tuple(np.array(p.classes)[list(to)]),
        probabilities=p.probabilities[:, to],
        truth=np.argsort(to)[p.truth],
    )
    names = ["macro_f1", "worst_recall", "balanced_accuracy", "weighted_f1"]
    for one, two in zip(evaluate(p, names).values(), evaluate(other, names).values(), strict=True):
        assert (one.low, one.high) == pytest.approx((two.low, two.high), abs=1e-9)


def test_a_metric_that_is_not_made_of_its_parts_is_left_alone():
    p = random(0)
    one = ask(rows_of(p), ["macro_f1"], {}, {})[0]
    nothing = difference(one, one)
    assert nothing.metric.parts is None
    halved = replace(one, metric=replace(one.metric, value=lambda s, c: one.metric.value(s, c) / 2))
    assert part_limits(halved, one.features.statistics(), np.ones(3), 1.0, None, 0.95) is None
