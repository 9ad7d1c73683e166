from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evenhand.evaluation.core.evaluated_rows import EvaluatedRows
from evenhand.evaluation.metrics.build import ask
from evenhand.evaluation.resampling.bootstrap import bootstrap
from evenhand.evaluation.resampling.differences import difference
from evenhand.evaluation.resampling.paired_interval import LEAST_GROUPS, spread, without_each
from evenhand.evaluation.resampling.resampling_units import units_for


def contrast(improved, worsened, n, metric="accuracy"):
    """Return the difference of two models that are right on all other rows."""
    truth = np.arange(n) % 2
    tables = []
    for wrong in (range(improved), range(improved, improved + worsened)):
        table = np.eye(2)[truth]
        table[list(wrong)] = 1 - table[list(wrong)]
        tables.append(table)
    base, other = (ask(EvaluatedRows(("a", "b"), table, truth), [metric], {}, {})[0] for table in tables)
    return difference(other, base)


def judged(one, groups=None, draws=400):
    return spread(one, groups, bootstrap([one], groups, draws=draws)[0])


def test_over_rows_the_error_is_that_of_a_paired_mean():
    found = judged(contrast(40, 20, 1000))
    gain = np.repeat([1.0, -1.0, 0.0], [40, 20, 940])
    assert found.estimate == pytest.approx(0.02)
    assert found.error == pytest.approx(gain.std(ddof=1) / np.sqrt(1000), rel=0.1)


@pytest.mark.parametrize(("improved", "worsened"), [(5, 0), (6, 0), (9, 2), (14, 6), (15, 5), (25, 9), (60, 35)])
def test_over_rows_it_decides_nearly_as_the_exact_test_of_mcnemar(improved, worsened):
    exact = stats.binomtest(improved, improved + worsened).pvalue
    found = judged(contrast(improved, worsened, 2000), draws=2000)
    assert (found.p < 0.05) == (exact < 0.05) or abs(exact - 0.05) < 0.03
    assert found.p == pytest.approx(exact, abs=0.035)


def test_over_groups_the_error_is_the_jackknifes_where_that_is_larger():
    one, groups = contrast(30, 10, 400), np.repeat(np.arange(8), [5, 10, 20, 40, 60, 75, 90, 100])
    left_out, times = without_each(one, units_for(one.features, groups))
    assert (len(left_out), times.sum()) == (8, 8)
    gain = np.repeat([1.0, -1.0, 0.0], [30, 10, 360])
    for g, value in enumerate(left_out):
        assert value == pytest.approx(gain[groups != g].mean())
    jackknife = np.sqrt(7 / 8 * ((left_out - gain.mean()) ** 2).sum())
    assert judged(one, groups).error >= jackknife - 1e-12


def test_few_and_unequal_groups_are_not_enough():
    one = contrast(30, 10, 400)
    even, uneven = np.arange(400) // 20, np.repeat([0, 1, 2, 3, 4, 5], [300, 20, 20, 20, 20, 20])
    assert judged(one, even).enough
    assert not judged(one, uneven).enough
    assert judged(one, uneven).on.effective < LEAST_GROUPS
    assert not judged(one, np.zeros(400, dtype=int)).enough
    assert not judged(contrast(3, 0, 8)).enough


def test_where_nothing_differs_something_still_could():
    found = judged(contrast(0, 0, 300))
    assert (found.error, found.p) == (0, 1)
    assert found.reach(0.95) == pytest.approx(1 - 0.05 ** (1 / 300))
    assert found.interval(0.95).low < 0 < found.interval(0.95).high


def test_a_wider_level_gives_a_wider_interval_and_needs_a_larger_difference():
    found = judged(contrast(40, 20, 1000))
    assert found.reach(0.99) > found.reach(0.95)
    assert found.detectable(0.99) > found.detectable(0.95) > found.reach(0.95)


def test_what_is_not_defined_is_not_enough():
    one = contrast(4, 4, 100, "recall[b]")
    nothing = replace(one, metric=replace(one.metric, value=lambda s, _: np.full(s.shape[1], np.nan)))
    found = spread(nothing, None, np.full(50, np.nan))
    assert not found.enough
    assert np.isnan(found.interval(0.95).low)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(2, 40), st.sampled_from(["accuracy", "macro_f1"]))
def test_intervals_hold_their_estimate_and_stay_possible(improved, worsened, size, metric):
    groups = np.arange(100) // size
    found = judged(contrast(improved, worsened, 100, metric), groups if groups.max() else None, draws=30)
    own = found.interval(0.95)
    assert -1 <= own.low <= own.estimate <= own.high <= 1
    assert found.freedom >= 1
