from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from evenhand.base.values import Predictions
from evenhand.evaluation.figures.calibration import expected_accuracy, reliability, row_confidence


def test_bins_hold_every_row_once_in_order(predictions):
    p = predictions(200, 4)
    bins = reliability(p)
    assert sum(part.n for part in bins) == 200
    assert all(one.high <= two.low for one, two in pairwise(bins))
    assert all(part.low <= part.confidence <= part.high for part in bins)
    right = sum(part.n * part.accuracy for part in bins) / 200
    assert right == pytest.approx((p.predicted == p.truth).mean())


def test_equal_confidence_is_one_bin():
    p = Predictions(np.array(list("abcd")), ("x", "y"), np.tile([0.8, 0.2], (4, 1)), np.array([0, 0, 0, 1]))
    (part,) = reliability(p)
    assert (part.low, part.high, part.accuracy, part.n) == (0.8, 0.8, 0.75, 4)


def test_expected_accuracy_is_what_was_right_at_that_confidence():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1.0, 5000)
    right = rng.random(5000) < confidence**2
    p = Predictions(
        np.arange(5000).astype(str),
        ("x", "y"),
        np.stack([confidence, 1 - confidence], axis=1),
        np.where(right, 0, 1),
    )
    asked = np.array([0.6, 0.75, 0.9])
    assert expected_accuracy(asked, p) == pytest.approx(asked**2, abs=0.06)


def test_surer_is_never_less_often_right_and_never_certain(predictions):
    p = predictions(60, 3)
    curve = expected_accuracy(np.linspace(0, 1, 50), p)
    assert (np.diff(curve) >= 0).all()
    perfect = replace(p, probabilities=np.eye(3)[p.truth])
    assert 0.9 < expected_accuracy(np.array([1.0]), perfect)[0] < 1.0


def test_with_several_labels_a_row_is_right_if_all_are_and_as_sure_as_its_least_sure_label():
    rng = np.random.default_rng(0)
    table = rng.uniform(0.0, 1.0, (4000, 3))
    truth = (rng.random((4000, 3)) < table).astype(np.float64)
    p = Predictions(np.arange(4000).astype(str), ("x", "y", "z"), table, truth)
    sure = row_confidence(table, several=True)
    assert (sure >= 0.5).all()
    wide = np.maximum(table, 1 - table).prod(axis=1)  # the chance that all labels are right
    assert expected_accuracy(sure, p).mean() == pytest.approx(wide.mean(), abs=0.03)
