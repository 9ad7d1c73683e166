from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from evenhand.base.values import Predictions
from evenhand.evaluation.core.bins import bin_of, edges
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows
from evenhand.evaluation.figures.calibration import reliability
from evenhand.evaluation.figures.evaluate import evaluate
from evenhand.evaluation.metrics.build import ask
from evenhand.evaluation.metrics.calibration_error import without_noise


def figure(rows, name="calibration_error", sets=None):
    (one,) = ask(rows, [name], sets or {}, {})
    return one.estimate()


def test_certain_and_right_is_zero_and_certain_and_wrong_is_one():
    sure = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert figure(EvaluatedRows(("a", "b"), sure, np.array([0, 1]))) == 0.0
    assert figure(EvaluatedRows(("a", "b"), sure, np.array([1, 0]))) == 1.0


def test_it_is_the_weighted_mean_gap_of_the_reliability_bins_less_what_chance_adds(predictions):
    p = predictions(500, 4)
    bins = reliability(p)
    gap = sum(b.n * abs(b.confidence - b.accuracy) for b in bins) / sum(b.n for b in bins)
    assert 0.5 * gap < figure(EvaluatedRows(p.classes, p.probabilities, p.truth)) < gap
    many = predictions(100_000, 4)
    many.probabilities[:] = many.probabilities**2 / (many.probabilities**2).sum(axis=1, keepdims=True)
    bins = reliability(many)
    gap = sum(b.n * abs(b.confidence - b.accuracy) for b in bins) / sum(b.n for b in bins)
    assert figure(EvaluatedRows(many.classes, many.probabilities, many.truth)) == pytest.approx(gap, rel=0.01)


@pytest.mark.parametrize("true", [0.0, 1.0, 3.0])
def test_without_noise_the_sum_of_gaps_is_nearer_to_the_true_one(true):
    seen = true + np.random.default_rng(0).normal(size=(15, 2000))
    plain, found = np.abs(seen).sum(axis=0).mean(), without_noise(seen, np.ones((15, 2000))).mean()
    assert abs(found - 15 * true) < 0.35 * 15
    assert abs(found - 15 * true) < abs(plain - 15 * true) or true == 3.0
    assert without_noise(seen, np.zeros_like(seen)) == pytest.approx(np.abs(seen).sum(axis=0))


def honest(n, rng, *, scale=2.0, groups=None, together=0.0):
    """Return predictions whose truth is drawn from them, right or wrong together within groups."""
    logits = scale * rng.normal(size=(n, 3))
    p = -np.sort(-np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), axis=1)
    luck = np.sqrt(1 - together) * rng.normal(size=n)
    if groups is not None:
        luck += np.sqrt(together) * rng.normal(size=groups.max() + 1)[groups]
    truth = (p.cumsum(axis=1) < stats.norm.cdf(luck)[:, None]).sum(axis=1).clip(max=2)
    names = None if groups is None else groups.astype(str).astype(object)
    return Predictions(np.arange(n).astype(str).astype(object), ("a", "b", "c"), p, truth, groups=names)


def lower_ends(made, repeats=25):
    found = [evaluate(one, ["calibration_error"], draws=200, seed=i) for i, one in enumerate(made(repeats))]
    return np.array([one["calibration_error"].low for one in found])


@pytest.mark.parametrize(("n", "scale"), [(60, 2.0), (300, 2.0), (60, 8.0)])
def test_a_model_that_is_honest_is_seldom_called_off(n, scale):
    """Lower ends above 0.01 came up in 54 to 71 % where truths were drawn from the probabilities."""
    rng = np.random.default_rng(n)
    assert (lower_ends(lambda times: [honest(n, rng, scale=scale) for _ in range(times)]) > 0.01).mean() <= 0.08


def test_nor_where_groups_are_right_or_wrong_together():
    rng, groups = np.random.default_rng(7), np.repeat(np.arange(12), 20)
    off = lower_ends(lambda times: [honest(240, rng, groups=groups, together=0.4) for _ in range(times)])
    assert (off > 0.01).mean() <= 0.08


def test_what_is_surely_off_has_an_interval_that_says_so():
    rng = np.random.default_rng(1)
    p = honest(1000, rng)
    sure = p.probabilities**4 / (p.probabilities**4).sum(axis=1, keepdims=True)
    found = evaluate(replace(p, probabilities=sure), ["calibration_error"])["calibration_error"]
    gap = float(sure[:, 0].mean() - p.probabilities[:, 0].mean())
    assert 0.03 < found.low < gap < found.high < gap + 0.06


def test_an_interval_is_never_a_point_and_one_group_tells_nothing():
    p = honest(40, np.random.default_rng(2))
    certain = replace(p, probabilities=np.eye(3)[p.truth])
    found = evaluate(certain, ["calibration_error"])["calibration_error"]
    assert (found.low, found.estimate) == (0.0, 0.0)
    assert 0.02 < found.high < 0.2
    alone = replace(p, groups=np.full(40, "g", dtype=object))
    found = evaluate(alone, ["calibration_error"])["calibration_error"]
    assert (found.low, found.high, found.enough) == (0.0, 1.0, False)


def test_probabilities_that_tell_the_truth_have_little(predictions):
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(3), 20_000)
    truth = (probabilities.cumsum(axis=1) > rng.random((20_000, 1))).argmax(axis=1)
    assert figure(EvaluatedRows(("a", "b", "c"), probabilities, truth)) < 0.02
    assert (
        figure(EvaluatedRows(("a", "b", "c"), probabilities**3 / (probabilities**3).sum(1, keepdims=True), truth))
        > 0.1
    )


def test_a_set_takes_the_rows_predicted_as_one_of_it():
    rows = EvaluatedRows(("a", "b"), np.array([[0.8, 0.2], [0.4, 0.6]]), np.array([0, 0]))
    assert figure(rows, "calibration_error_b", {"b": ["b"]}) == pytest.approx(0.6)


def test_several_labels_count_one_by_one():
    rows = EvaluatedRows(("a", "b"), np.tile([0.8, 0.2], (40, 1)), np.tile([1.0, 0.0], (40, 1)))
    assert figure(rows) == pytest.approx(0.2)


def test_bins_hold_about_equally_many_and_never_part_equals():
    confidence = np.repeat(np.linspace(0.1, 0.9, 9), 100)
    inner = edges(confidence, 4)
    into = bin_of(confidence, inner)
    assert all(len(set(into[confidence == value])) == 1 for value in set(confidence))
    assert np.bincount(into).min() >= 100
    assert len(edges(np.array([]), 4)) == len(edges(np.arange(30.0), 4)) == 0
    assert len(edges(np.full(50, 0.5), 4)) <= 1
