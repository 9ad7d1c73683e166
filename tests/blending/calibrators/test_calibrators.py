import numpy as np
import pytest
from scipy.special import softmax

from evenhand.blending.calibrators.bias import Bias
from evenhand.blending.calibrators.dirichlet import Dirichlet
from evenhand.blending.calibrators.temperature import Temperature
from evenhand.blending.calibrators.vector import Vector
from evenhand.blending.core.log_loss import log_loss, logs
from evenhand.evaluation.figures.score import fast_score

CLASSES = ("a", "b", "c")


def drawn(n=4000, seed=0, spread=2.0):
    """Probabilities, and truth drawn from them."""
    rng = np.random.default_rng(seed)
    true = softmax(rng.normal(size=(n, 3)) * spread, axis=1)
    return true, (true.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)


def loss(table, truth):
    return log_loss(logs(table), truth)[0] / len(truth)


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
def test_the_temperature_that_was_put_in_is_found(temperature):
    true, truth = drawn()
    off = softmax(np.log(true) * temperature, axis=1)
    found = Temperature().calibrate(off, truth, CLASSES)
    assert found.temperature == pytest.approx(temperature, rel=0.1)
    assert found.apply(off) == pytest.approx(true, abs=0.05)


def test_temperature_equals_scikit_learns():
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.linear_model import LogisticRegression

    frozen = pytest.importorskip("sklearn.frozen", reason="needs scikit-learn 1.6")
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 600)
    x = rng.normal(size=(600, 3)) + np.eye(3)[y]
    base = LogisticRegression(C=100).fit(3 * x[:200], y[:200])
    theirs = CalibratedClassifierCV(frozen.FrozenEstimator(base), method="temperature").fit(x[200:], y[200:])
    table = base.predict_proba(x[200:])
    ours = Temperature().calibrate(table, y[200:], CLASSES).apply(table)
    assert ours == pytest.approx(theirs.predict_proba(x[200:]), abs=2e-3)


def test_a_slope_and_a_shift_per_class_are_found():
    true, truth = drawn()
    slopes, shifts = np.array([0.5, 1.0, 2.0]), np.array([1.0, 0.0, -1.0])
    off = softmax((np.log(true) - shifts) / slopes, axis=1)
    assert loss(Vector().calibrate(off, truth, CLASSES).apply(off), truth) < loss(off, truth) - 0.05
    assert loss(Vector().calibrate(off, truth, CLASSES).apply(off), truth) == pytest.approx(
        loss(true, truth), abs=0.02
    )


def test_two_classes_taken_for_each_other_are_told_apart_by_the_matrix_only():
    true, truth = drawn()
    swapped = true[:, [1, 0, 2]]
    by_matrix = loss(Dirichlet().calibrate(swapped, truth, CLASSES).apply(swapped), truth)
    by_vector = loss(Vector().calibrate(swapped, truth, CLASSES).apply(swapped), truth)
    assert by_matrix < loss(true, truth) + 0.02
    assert by_vector > by_matrix + 0.05


@pytest.mark.parametrize("calibrator", [Temperature(), Vector(), Dirichlet()])
def test_what_is_right_stays_nearly_as_it_is(calibrator):
    true, truth = drawn()
    assert calibrator.calibrate(true, truth, CLASSES).apply(true) == pytest.approx(true, abs=0.06)


@pytest.mark.parametrize("calibrator", [Vector(), Dirichlet()])
def test_a_class_without_rows_is_not_wiped_out(calibrator):
    true, truth = drawn(300)
    kept = truth != 2
    found = calibrator.calibrate(true[kept], truth[kept], CLASSES).apply(true)
    assert np.isfinite(found).all()
    assert (found.sum(axis=0) > 0).all()


def test_shifts_raise_the_score_of_a_class_that_is_never_predicted():
    rng = np.random.default_rng(0)
    truth = rng.choice(3, 600, p=[0.6, 0.3, 0.1])
    table = softmax(rng.normal(size=(600, 3)) + 1.5 * np.eye(3)[truth] + [1.5, 0.5, -2], axis=1)
    found = Bias().calibrate(table, truth, CLASSES)
    before, after = (fast_score(t, truth, CLASSES, {"macro_f1": 1.0})[0] for t in (table, found.apply(table)))
    assert after > before + 0.05
    assert found.shifts[2] > found.shifts[0]


def test_the_slopes_of_the_loss_are_right():
    rng = np.random.default_rng(0)
    scores, truth = rng.normal(size=(5, 3)), rng.integers(0, 3, 5)
    value, slope = log_loss(scores, truth)
    for row, column in np.ndindex(5, 3):
        moved = scores.copy()
        moved[row, column] += 1e-6
        assert (log_loss(moved, truth)[0] - value) / 1e-6 == pytest.approx(slope[row, column], abs=1e-4)
