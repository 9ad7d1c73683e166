"""Few groups that decide a figure decide its variance too, and the interval allows for it."""

import numpy as np
import pytest

from evenhand.base.values import Predictions
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows
from evenhand.evaluation.figures.evaluate import evaluate
from evenhand.evaluation.metrics.build import ask
from evenhand.evaluation.resampling.bootstrap import bootstrap_parts
from evenhand.evaluation.resampling.group_tails import ALIKE, GroupTails, group_tails
from evenhand.evaluation.resampling.intervals import figure, support


def rows_with(wrong):
    truth = np.tile([0, 1], -(-len(wrong) // 2))[: len(wrong)]
    predicted = np.where(wrong, 1 - truth, truth)
    return EvaluatedRows(("a", "b"), 0.1 + 0.8 * np.eye(2)[predicted], truth)


def tails(wrong, groups, metric="accuracy"):
    (one,) = ask(rows_with(np.asarray(wrong, dtype=bool)), [metric], {}, {})
    return group_tails(one, one.features.statistics(), groups, support(one.base(), groups).effective)


TWENTY = np.repeat(np.arange(20), 10)


def errors(*counts):
    wrong = np.zeros(200, dtype=bool)
    for group, count in enumerate(counts):
        wrong[10 * group : 10 * group + count] = True
    return wrong


def test_errors_in_one_group_leave_about_two_degrees_of_freedom():
    assert tails(errors(9), TWENTY).freedom(20) < 3.5
    assert tails(errors(*[1] * 9), TWENTY).freedom(20) > 15


def test_the_more_groups_errors_come_from_the_more_degrees_of_freedom():
    found = [tails(errors(*[12 // g] * g), TWENTY).freedom(20) for g in (2, 3, 4, 6, 12)]
    assert found == sorted(found)
    assert all(0 < freedom <= 19 for freedom in found)


def test_a_pair_counts_twice_the_square_of_a_row():
    found = tails(errors(*[1] * 10), TWENTY)
    # Of 10 errors, each 0.95 / 200 from the mean, and 190 other rows.
    assert found.pair == pytest.approx(2 * (0.95 / 200) ** 2, rel=0.15)
    assert tails(errors(1), TWENTY).pair < 0.05 * found.pair


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision"])
def test_rankings_are_left_alone(metric):
    assert tails(errors(5), TWENTY, metric) == ALIKE


def test_without_groups_or_errors_nothing_is_added():
    (one,) = ask(rows_with(errors(5)), ["accuracy"], {}, {})
    assert group_tails(one, one.features.statistics(), None, np.inf) == ALIKE
    assert tails(errors(), TWENTY) == ALIKE
    assert ALIKE.freedom(7.0) == 6.0
    assert GroupTails(excess=1.0).freedom(1e9) == pytest.approx(2.0)
    assert tails(errors(3, 2), np.arange(200)).pair == 0  # groups of one row hold no pairs


@pytest.mark.parametrize("metric", ["accuracy", "weighted_f1", "micro_f1", "log_loss", "brier", "recall[b]"])
def test_neither_the_order_of_groups_nor_that_of_classes_matters(metric):
    rng = np.random.default_rng(3)
    groups, wrong = rng.integers(0, 12, 120), rng.random(120) < 0.1
    rows = rows_with(wrong)
    other = EvaluatedRows(("b", "a"), rows.probabilities[:, ::-1], 1 - rows.truth)
    expected = tails(wrong, groups, metric)
    for rows_, groups_ in ((rows, 11 - groups), (other, groups)):
        (one,) = ask(rows_, [metric], {}, {})
        found = group_tails(one, one.features.statistics(), groups_, support(one.base(), groups_).effective)
        assert (found.excess, found.pair) == pytest.approx((expected.excess, expected.pair), rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("metric", ["accuracy", "weighted_f1", "log_loss", "brier"])
def test_errors_of_few_groups_are_less_certain_than_as_many_of_many(metric):
    def width(*counts):
        rows = rows_with(errors(*counts))
        p = Predictions(np.arange(200).astype(str), rows.classes, rows.probabilities, rows.truth, groups=TWENTY)
        found = evaluate(p, [metric], draws=200)[metric]
        assert 0 <= found.low <= found.estimate <= found.high
        return found.high - found.low

    assert width(9) > width(3, 3, 3) > width(*[1] * 9)


def test_the_interval_holds_the_truth_where_few_groups_hold_most_errors():
    """Group error rates have a beta distribution with shape 0.1: most groups show none. 91 % hold without tails."""
    rng = np.random.default_rng(8)
    share, held, repeats = 0.01, 0, 120
    for repeat in range(repeats):
        sizes = 1 + rng.poisson(rng.gamma(1.0, 19.0, 50))
        groups = np.repeat(np.arange(50), sizes)
        wrong = rng.random(len(groups)) < rng.beta(10 * share, 10 * (1 - share), 50)[groups]
        (one,) = ask(rows_with(wrong), ["accuracy"], {}, {})
        drawn, parts = bootstrap_parts([one], groups, draws=60, seed=repeat)
        found = figure(one, groups, drawn[0], parts[0])
        held += found.low <= 1 - share <= found.high
    assert held / repeats >= 0.93
