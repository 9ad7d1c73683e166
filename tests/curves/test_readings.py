"""What the curves of a fit show together."""

import math

import numpy as np
import pytest

from evenhand.curves.fit_curves import Curve, FitCurves
from evenhand.curves.readings import (
    chance_classes,
    choices,
    fits_alike,
    gap,
    learned_nothing,
    loss_rise,
    still_improving,
    suggested_stop,
)


def test_the_training_of_the_figures(fit, figures):
    curves = fit(**figures)
    found = loss_rise(curves)
    assert found is not None
    assert (found.best, found.at) == (7, 8)
    apart = choices(curves)
    assert apart is not None
    assert (apart.loss_at, apart.metric_at, apart.metric) == (7, 16, "accuracy")
    assert suggested_stop(curves) == 7
    assert gap(curves, "loss", 16) == pytest.approx(figures["val_loss"][-1] - figures["train_loss"][-1])
    assert gap(curves, "accuracy", 16) == pytest.approx(figures["train_accuracy"][-1] - figures["val_accuracy"][-1])
    assert math.isnan(gap(curves, "macro_f1", 16))
    assert not learned_nothing(curves)
    assert fits_alike(curves) is False


def test_a_loss_that_rises_with_that_of_training_diverges(fit, figures):
    up = [*figures["val_loss"][:8], *(0.7 + 0.3 * t for t in range(8))]
    assert loss_rise(fit(val_loss=up, train_loss=figures["train_loss"])) is not None
    assert loss_rise(fit(val_loss=up, train_loss=up)) is None
    assert loss_rise(fit(val_loss=up)) is not None


def test_equal_choices_and_choices_within_noise_pass(fit, figures):
    assert choices(fit(val_loss=figures["val_loss"], val_accuracy=[1 - x / 3 for x in figures["val_loss"]])) is None
    flat = [0.7 + 0.001 * (-1) ** t for t in range(16)]
    assert choices(fit(val_loss=figures["val_loss"], val_accuracy=flat)) is None
    assert choices(fit(val_loss=figures["val_loss"])) is None
    assert choices(fit(val_accuracy=figures["val_accuracy"])) is None


def test_the_criterion_decides_whether_a_fit_is_still_improving(fit):
    falling, level = [1.4 - 0.05 * t for t in range(16)], [0.7] * 16
    found = still_improving(fit(val_loss=falling, val_accuracy=level))
    assert found is not None
    assert found[0].metric == "loss"
    assert still_improving(fit(val_loss=level, val_accuracy=[0.3 + 0.03 * t for t in range(16)])) is None
    assert suggested_stop(fit(val_loss=falling)) is None
    # a score with weights may exceed 1: what is left to gain is then not known
    assert still_improving(fit(val_score=[0.5 + 0.2 * t for t in range(16)])) is None


def test_guessing_is_recognised_by_its_loss(fit):
    rng = np.random.default_rng(0)
    guessing = (math.log(4) + rng.normal(0, 0.003, 20)).tolist()
    stuck = fit(train_loss=guessing, val_loss=guessing)
    assert learned_nothing(stuck)
    assert chance_classes(stuck) == 4
    other = [1.2] * 20
    assert chance_classes(fit(train_loss=other, val_loss=other)) is None
    assert not learned_nothing(fit(train_loss=np.linspace(1.4, 0.7, 20).tolist(), val_loss=guessing))


def test_training_and_validation_alike_at_rest(fit):
    rest = [1.0 + 0.4 * 0.5**t for t in range(20)]
    assert fits_alike(fit(train_loss=rest, val_loss=[x + 0.02 for x in rest])) is True
    assert fits_alike(fit(train_loss=[x / 2 for x in rest], val_loss=rest)) is False
    assert fits_alike(fit(val_loss=rest)) is None
    falling = [1.4 - 0.05 * t for t in range(20)]
    assert fits_alike(fit(train_loss=falling, val_loss=falling)) is False


def test_values_that_are_no_numbers_are_passed_by(fit, figures):
    holes = list(figures["val_loss"])
    holes[3] = math.nan
    holes[5] = math.inf
    assert loss_rise(fit(val_loss=holes, train_loss=figures["train_loss"])).at == 8
    assert loss_rise(fit(val_loss=[math.nan] * 16)) is None
    assert suggested_stop(fit(val_loss=[math.nan] * 16)) is None
    assert still_improving(fit(val_loss=[math.nan] * 16)) is None


def test_numbers_whose_squares_no_float_holds_are_passed_over() -> None:
    values = np.array([1.0, 0.9, 1e308, -1e308, 0.8, 0.7])
    found = Curve("train", "loss", np.arange(6.0), values, higher_is_better=False)
    assert found.finite.tolist() == [True, True, False, False, True, True]
    assert not learned_nothing(FitCurves("m", 0, 0, (found,)))
    assert found.best == 5
