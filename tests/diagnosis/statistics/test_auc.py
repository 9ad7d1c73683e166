import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from evenhand.diagnosis.statistics.auc import area_columns, grouped_interval

rows = st.integers(2, 40)


@given(st.data(), rows)
def test_areas_agree_with_scikit_learn(data, n):
    scores = np.array(data.draw(st.lists(st.integers(0, 5), min_size=n, max_size=n)), dtype=float)[:, None]
    truth = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))[:, None]
    area = area_columns(scores, truth)[0]
    if 0 < truth.sum() < n:
        assert area == pytest.approx(roc_auc_score(truth[:, 0], scores[:, 0]))
    else:
        assert area == 0.5


def test_the_interval_of_single_rows_agrees_with_delong_by_simulation():
    rng = np.random.default_rng(0)
    truth = np.arange(200) < 100
    estimates, widths = [], []
    for _ in range(200):
        scores = rng.normal(truth * 1.0)
        low, high = grouped_interval(scores, truth, np.arange(200))
        estimates.append(area_columns(scores[:, None], truth[:, None])[0])
        widths.append(high - low)
    assert np.mean(widths) / 3.92 == pytest.approx(np.std(estimates), rel=0.15)


def test_the_interval_covers_when_rows_come_in_groups():
    rng = np.random.default_rng(1)
    group, spread = np.repeat(np.arange(60), 5), np.sqrt(1.09)
    true = norm.cdf(0.7 / (spread * np.sqrt(2)))
    covered = {"groups": 0, "rows": 0}
    for _ in range(300):
        truth = np.repeat(rng.permutation(60) < 30, 5)
        scores = np.repeat(rng.normal(size=60), 5) + 0.3 * rng.normal(size=300) + 0.7 * truth
        for name, unit in (("groups", group), ("rows", np.arange(300))):
            low, high = grouped_interval(scores, truth, unit)
            covered[name] += low <= true <= high
    assert covered["groups"] >= 0.91 * 300
    assert covered["rows"] < 0.75 * 300


def test_one_group_on_a_side_says_nothing():
    truth = np.array([True, True, False, False])
    assert grouped_interval(np.arange(4.0), truth, np.array([0, 0, 1, 2])) == (0.0, 1.0)
