"""The ceiling of raters against simulated raters whose rates are known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from evenhand.base.values import Predictions
from evenhand.evaluation.figures.evaluate import evaluate
from evenhand.evaluation.figures.rater_ceiling import (
    dirichlet_likelihood,
    fitted_beta,
    fitted_dirichlet,
    rater_ceiling,
    rater_labels,
)

SHAPES = ((0.3, 1.2), (1.5, 2.0), (0.2, 0.3))
CLASSES = ("a", "b", "c")


def world(seed: int, rows: int, *, most: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True rates (n, k), shares (n, k) and raters (n,)."""
    rng = np.random.default_rng(seed)
    rates = np.stack([rng.beta(a, b, rows) for a, b in SHAPES], axis=1)
    raters = rng.integers(1, most + 1, rows)
    return rates, rng.binomial(raters[:, None], rates) / raters[:, None], raters


def ideal(rates: np.ndarray, shares: np.ndarray, metric: str) -> float:
    """What a model that knows the rates reaches on these labels."""
    ids = np.arange(len(rates)).astype(str)
    return evaluate(Predictions(ids, CLASSES, rates, shares), [metric], draws=200)[metric].estimate


def test_the_distributions_are_found_again() -> None:
    _, shares, raters = world(0, 6000, most=4)
    for column, (a, b) in zip((shares * raters[:, None]).T, SHAPES, strict=True):
        assert fitted_beta(np.round(column), raters.astype(float)) == pytest.approx((a, b), rel=0.15)
    rng = np.random.default_rng(0)
    alpha = np.array([0.4, 1.0, 2.5])
    counts = np.array([rng.multinomial(rng.integers(1, 6), rng.dirichlet(alpha)) for _ in range(4000)]).astype(
        float
    )
    found = fitted_dirichlet(counts)
    assert found == pytest.approx(alpha, rel=0.15)
    for factor in (0.9, 1.1):
        assert dirichlet_likelihood(counts, found) > dirichlet_likelihood(counts, found * factor)


def test_unknown_cells_are_left_out_of_a_fit() -> None:
    _, shares, raters = world(1, 500)
    counts, of = np.round(shares[:, 0] * raters), raters.astype(float)
    with_gaps = np.concatenate([counts, np.full(50, np.nan)])
    assert fitted_beta(with_gaps, np.concatenate([of, np.full(50, 2.0)])) == pytest.approx(fitted_beta(counts, of))
    assert fitted_beta(np.full(3, np.nan), np.ones(3)) == (1, 1)


def test_raters_that_always_agree_set_no_ceiling_and_those_who_guess_a_low_one() -> None:
    rng = np.random.default_rng(2)
    raters = np.full(300, 3)
    agreed = np.repeat(rng.integers(0, 2, (300, 1)), 3, axis=1).astype(float)
    guessed = rng.binomial(3, 0.5, (300, 3)) / 3
    for shares, low, high in ((agreed, 0.99, 1.0), (guessed, 0.45, 0.65)):
        labels = rater_labels(CLASSES, shares, raters)
        assert labels is not None
        found = rater_ceiling(labels, ["roc_auc"], draws=20)["roc_auc"]
        assert low <= found.estimate <= high


@pytest.mark.slow
@pytest.mark.parametrize("metric", ["roc_auc", "average_precision", "macro_f1"])
def test_the_interval_holds_the_score_of_a_model_that_knows_the_rates(
    metric: str, size: Callable[[int, int], int]
) -> None:
    worlds, held = size(12, 100), 0
    for seed in range(worlds):
        rates, shares, raters = world(100 + seed, 250)
        labels = rater_labels(CLASSES, shares, raters)
        assert labels is not None
        found = rater_ceiling(labels, [metric], draws=60, seed=seed)[metric]
        held += found.low <= ideal(rates, shares, metric) <= found.high
    assert held / worlds >= (0.75 if worlds < 100 else 0.88)


def test_the_estimate_is_that_score_and_far_below_1() -> None:
    rates, shares, raters = world(7, 2000)
    labels = rater_labels(CLASSES, shares, raters)
    assert labels is not None
    found = rater_ceiling(labels, ["roc_auc", "average_precision"], draws=20)
    for metric, figure in found.items():
        truth = ideal(rates, shares, metric)
        assert truth < 0.93
        assert figure.estimate == pytest.approx(truth, abs=0.03)
        assert figure.low < figure.estimate < figure.high


def test_of_classes_that_exclude_one_another_the_argmax_is_evaluated() -> None:
    rng = np.random.default_rng(3)
    alpha = np.array([0.5, 0.3, 0.2])
    rates, raters = rng.dirichlet(alpha, 1500), rng.integers(1, 4, 1500)
    counts = rng.multinomial(raters, rates)
    labels = rater_labels(
        CLASSES, counts / raters[:, None], raters, groups=np.repeat(np.arange(300), 5).astype(str)
    )
    assert labels is not None
    assert labels.exclusive
    found = rater_ceiling(labels, ["accuracy", "macro_f1"], argmax=True, draws=20)
    truth = float((rates.argmax(axis=1) == counts.argmax(axis=1)).mean())
    assert found["accuracy"].estimate == pytest.approx(truth, abs=0.03)
    assert (found["accuracy"].n, found["accuracy"].groups) == (1500, 300)
    assert 0.5 < found["macro_f1"].estimate < 1


def test_rows_that_nobody_gave_a_label_have_no_argmax() -> None:
    shares = np.zeros((40, 3))
    shares[:3, 0] = 1.0
    labels = rater_labels(CLASSES, shares, np.full(40, 2))
    assert labels is not None
    found = rater_ceiling(labels, ["accuracy"], argmax=True, draws=5)["accuracy"]
    assert found.n == 40


@pytest.mark.parametrize(
    ("shares", "raters"),
    [
        (np.full((50, 3), 0.5), None),
        (np.full((50, 3), 0.5), np.full(50, 1.5)),
        (np.full((50, 3), 0.5), np.full(50, 0)),
        (np.full((50, 3), 0.4), np.full(50, 2)),
        (np.full((50, 3), 1.0), np.full(50, 1)),
        (np.zeros((0, 3)), np.zeros(0)),
    ],
)
def test_weights_that_are_no_numbers_of_raters_give_no_ceiling(
    shares: np.ndarray, raters: np.ndarray | None
) -> None:
    assert rater_labels(CLASSES, shares, raters) is None
