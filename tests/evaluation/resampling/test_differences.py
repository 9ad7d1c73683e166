import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.evaluation.core.evaluated_rows import rows_of
from evenhand.evaluation.metrics.build import ask
from evenhand.evaluation.resampling.bootstrap import bootstrap
from evenhand.evaluation.resampling.differences import combined, difference, kinds

NAMES = ["accuracy", "macro_f1", "log_loss", "roc_auc", "recall[b]", "top_2"]


def both(predictions, name, **more):
    p, q = predictions(120, seed=1, **more), predictions(120, seed=1, **more)
    q.probabilities[:] = predictions(120, seed=2, skill=0.3, **more).probabilities
    return (ask(rows_of(one), [name], {}, {})[0] for one in (p, q))


@pytest.mark.parametrize("name", NAMES)
def test_the_value_is_that_of_one_less_that_of_the_other(predictions, name):
    a, b = both(predictions, name)
    assert difference(a, b).estimate() == pytest.approx(a.estimate() - b.estimate())
    assert difference(a, a).estimate() == 0


@pytest.mark.parametrize("name", NAMES)
def test_both_are_computed_from_the_same_draws(predictions, name):
    a, b = both(predictions, name)
    groups = np.arange(120) // 6
    one, two, apart = bootstrap([a, b, difference(a, b)], groups, draws=40, seed=3)
    np.testing.assert_allclose(apart, one - two, atol=1e-12)
    assert np.ptp(bootstrap([difference(a, a)], None, draws=20)) == 0


def test_a_sum_of_metrics_keeps_shared_features_once(predictions):
    (p,) = [predictions(100)]
    f1, worst, loss = ask(rows_of(p), ["macro_f1", "worst_recall", "log_loss"], {}, {})
    total = combined([f1, worst, loss], [0.5, 0.5, -0.1])
    assert total.estimate() == pytest.approx(0.5 * f1.estimate() + 0.5 * worst.estimate() - 0.1 * loss.estimate())
    assert total.features.shape[1] == f1.features.shape[1] + loss.features.shape[1]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30))
def test_rows_are_alike_exactly_if_their_entries_are(values):
    from evenhand.evaluation.core.row_sums import means

    value = np.array(values, dtype=np.float64)
    number = kinds(means(value, np.arange(len(value))))
    for i in range(len(value)):
        assert ((number == number[i]) == (value == value[i])).all()
