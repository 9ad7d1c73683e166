from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evenhand.base.values import Predictions
from evenhand.evaluation.comparison.compare import compare_predictions
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows
from evenhand.evaluation.metrics.build import ask
from evenhand.evaluation.resampling.bootstrap import bootstrap
from evenhand.evaluation.resampling.differences import combined, difference
from evenhand.evaluation.resampling.paired_interval import spread
from evenhand.evaluation.resampling.unseen_errors import ClassCounts, Hidden, Minima, hidden

AVERAGES = ["balanced_accuracy", "macro_f1", "macro_precision", "roc_auc", "average_precision"]


def rows(truth, wrong, k=3, groups=None):
    """Return rows that are right except at `wrong`, where the answer is the next class."""
    answer = truth.copy()
    answer[wrong] = (answer[wrong] + 1) % k
    table = np.full((len(truth), k), 0.02 / k)
    table[np.arange(len(truth)), answer] += 0.98
    return EvaluatedRows(tuple("abcdefghijkl"[:k]), table, truth, groups=groups)


def measures(truth, wrong_a, wrong_b, metric, k=3, groups=None):
    return [ask(rows(truth, wrong, k, groups), [metric], {}, {})[0] for wrong in (wrong_a, wrong_b)]


def contrast(truth, wrong_a, wrong_b, metric, k=3):
    return difference(*measures(truth, wrong_a, wrong_b, metric, k)[::-1])


def judged(one, groups=None):
    return spread(one, groups, bootstrap([one], groups, draws=300)[0])


def bare(found):
    return replace(found, unseen=Hidden())


SKEWED = np.repeat([0, 1, 2], [210, 81, 9])
FEWER_MISTAKES = (np.arange(12), np.arange(2))
"""Ten mistakes of the first class fewer; on the nine rows of the last class nothing differs."""


@pytest.mark.parametrize("metric", AVERAGES)
def test_a_gain_on_common_classes_is_no_verdict_where_a_rare_one_could_hide_a_loss(metric):
    found = judged(contrast(SKEWED, *FEWER_MISTAKES, metric))
    assert found.interval(0.95).low < -0.02
    if metric == "balanced_accuracy":
        assert bare(found).p < 0.01 < 0.5 < found.p
        assert found.reach(0.95) == pytest.approx(np.hypot(bare(found).reach(0.95), -np.log(0.05) / 27), rel=1e-6)
    assert "unseen errors in rare classes" in found.how


def test_even_classes_of_many_rows_are_judged_as_without():
    rng, truth = np.random.default_rng(0), np.arange(3000) % 3
    found = judged(contrast(truth, rng.choice(3000, 300, False), rng.choice(3000, 250, False), "macro_f1"))
    assert found.reach(0.95) < 1.01 * bare(found).reach(0.95)


def test_the_rows_of_a_hundred_small_classes_are_not_all_suspected():
    truth = np.repeat(np.arange(12), 25)
    found = judged(contrast(truth, np.arange(60), np.arange(20), "balanced_accuracy", 12))
    assert found.reach(0.95) < 1.2 * bare(found).reach(0.95)


def test_a_metric_over_rows_and_a_single_class_have_nothing_hidden():
    for metric in ("accuracy", "log_loss", "recall[c]", "f1[c]"):
        assert not hidden(contrast(SKEWED, *FEWER_MISTAKES, metric), None)


def test_a_class_of_three_rows_decides_the_lowest_recall():
    truth = np.repeat([0, 1, 2], [600, 30, 3])
    found = judged(contrast(truth, np.arange(30), np.arange(0), "worst_recall"))
    assert found.estimate == pytest.approx(0.05)
    assert (bare(found).p < 0.01, found.p > 0.5) == (True, True)
    assert found.interval(0.95).low < -0.3
    even = judged(contrast(np.arange(600) % 3, np.arange(150), np.arange(20), "worst_recall"))
    assert even.p < 0.01


@pytest.mark.parametrize("metric", ["balanced_accuracy", "macro_f1", "worst_recall"])
def test_the_true_difference_is_held_where_a_rare_class_is_worse(metric):
    rng, held, wrong, times = np.random.default_rng(8), 0, 0, 60
    a, b = np.array([0.95, 0.95, 0.9]), np.array([0.985, 0.97, 0.8])
    share = np.array([0.7, 0.27, 0.03])

    def mean_f1(recall):
        right = share * recall
        said = right + np.roll(share * (1 - recall), 1)
        return (2 * right / (share + said)).mean()

    value = {"balanced_accuracy": np.mean, "worst_recall": np.min, "macro_f1": mean_f1}[metric]
    truth = value(b) - value(a)
    for _ in range(times):
        y = rng.permutation(np.concatenate([[0, 1, 2], rng.choice(3, 297, p=share)]))
        luck = rng.random(300)
        found = judged(contrast(y, np.flatnonzero(luck > a[y]), np.flatnonzero(luck > b[y]), metric))
        own = found.interval(0.95)
        held += own.low <= truth <= own.high
        wrong += found.p < 0.05 and found.estimate * truth < 0
    assert held >= 0.93 * times
    assert wrong <= 0.05 * times


def test_hidden_groups_count_as_far_as_groups_go_together():
    truth, number = np.tile(SKEWED, 2), np.arange(600) % 30
    scattered = [np.arange(0, 40), np.arange(10, 60)]
    by_group = [np.flatnonzero(np.isin(number, [1, 2, 3, 4])), np.flatnonzero(np.isin(number, [5, 6, 7]))]
    sizes = []
    for wrong in (scattered, by_group):
        (found,) = hidden(difference(*measures(truth, *wrong, "balanced_accuracy")), number).means
        sizes.append(found.reach(0.05))
    assert sizes[0] < sizes[1]


def test_of_a_sum_every_metric_is_asked_and_pairs_stay_pairs():
    a, b = (
        combined(ask(rows(SKEWED, wrong), ["macro_f1", "worst_recall", "log_loss"], {}, {}), [0.5, 0.5, -0.1])
        for wrong in FEWER_MISTAKES
    )
    found = hidden(difference(b, a), None)
    assert (len(found.means), len(found.minima), found.mixed) == (1, 1, True)
    assert [by for by, _ in difference(b, a).metric.terms] == [0.5, 0.5, -0.1, -0.5, -0.5, 0.1]
    assert found.widened(0.1, 0.05) > found.widened(0.0, 0.05) > 0.5 * found.minima[0].reach(0.05)


def test_classes_without_a_row_are_anybodys_guess():
    one = contrast(np.arange(200) % 4, np.arange(50), np.arange(10), "macro_f1", 5)
    assert hidden(one, None).why == "20% of the classes have no row"
    assert not judged(one).enough
    few = contrast(np.arange(220) % 11, np.arange(50), np.arange(10), "macro_f1", 12)
    assert judged(few).enough
    assert hidden(few, None).means[0].reach(0.9) > 1 / 12


@pytest.mark.parametrize("groups", [6, 8, 10])
def test_what_is_too_few_to_tell_for_a_figure_is_for_a_difference(groups):
    rng, names = np.random.default_rng(3), np.repeat([f"g{i}" for i in range(groups)], 60).astype(object)
    truth = np.arange(60 * groups) % 2
    models = []
    for name, skill in (("old", 0.7), ("new", 0.95)):
        table = rows(truth, np.flatnonzero(rng.random(len(truth)) > skill), 2).probabilities
        ids = np.arange(len(truth)).astype(str).astype(object)
        models.append(Predictions(ids, ("a", "b"), table, truth, groups=names, model=name))
    found = compare_predictions(models, ["group_accuracy_quantile_10", "accuracy"], draws=100).verdicts
    assert [(v.word, v.enough) for v in found] == [("too few to tell", False), ("better", True)]
    assert f"10 % of {groups} groups is one group at most" in found[0].summary


shares = arrays(float, 3, elements=st.floats(0, 1))


@given(shares, shares, shares, st.floats(1e-9, 1), arrays(float, 3, elements=st.floats(0, 500)))
def test_two_minima_turned_round_reach_as_far_to_the_last_bit(a, b, both, alpha, rows_):
    often = both * (1 - abs(a - b)) / 2
    gain, loss = np.maximum(a - b, 0) + often, np.maximum(b - a, 0) + often
    one, two = Minima(1.0, a, b, gain, loss, rows_), Minima(1.0, b, a, loss, gain, rows_)
    assert one.reach(alpha) == two.reach(alpha) >= 0
    assert one.reach(alpha) >= one.reach(min(2 * alpha, 1.0)) - 1e-12


@given(st.floats(1e-6, 0.9), st.integers(0, 40), st.integers(0, 40), st.sampled_from([*AVERAGES, "worst_recall"]))
def test_p_is_where_the_interval_ends_at_nothing(level, wrong_a, wrong_b, metric):
    found = judged(contrast(SKEWED, np.arange(wrong_a), np.arange(wrong_b), metric))
    p = found.p
    assert 0 <= p <= 1
    if 1e-12 < p < 1:
        assert found.reach(1 - p) == pytest.approx(abs(found.estimate), rel=1e-5)
    assert (p < 1 - level) == (found.reach(level) < abs(found.estimate)) or abs(p - 1 + level) < 1e-6


def test_no_class_adds_more_than_its_share():
    one = ClassCounts(1.0, np.array([0.01, 5.0]), np.array([0.5, 0.5]), 0.0)
    assert one.reach(1e-9) == 0.5
    assert one.reach(1.0) == 0
