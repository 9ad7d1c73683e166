"""Rows unlike training rows: the rate expected is met by rows like the held-out ones, and exceeded by others."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.base.values import Floats
from evenhand.evaluation.new_rows.unlike import FoldFeatures, least_held_out, unlikeness, whitening


def folds(new: Floats, rng: np.random.Generator, *, k: int = 4, d: int = 8, n: int = 240) -> list[FoldFeatures]:
    """Return folds of one cloud of rows, each with features turned in its own way."""
    cloud = rng.normal(size=(n, d)) * np.linspace(3, 1, d)
    fold = np.arange(n) % k
    found = []
    for f in range(k):
        turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
        found.append(FoldFeatures(cloud[fold != f] @ turn, cloud[fold == f] @ turn, new @ turn))
    return found


def test_rows_like_the_held_out_ones_are_flagged_at_the_expected_rate() -> None:
    rates, found = [], 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        new = rng.normal(size=(100, 8)) * np.linspace(3, 1, 8)
        one = unlikeness(folds(new, rng))
        assert one is not None
        rates.append(one.observed)
        found += one.p < 0.05
    assert 0.02 < np.mean(rates) < 0.065
    assert found <= 2


def test_rows_from_elsewhere_are_flagged_though_no_large_direction_shows_them() -> None:
    rng = np.random.default_rng(0)
    new = rng.normal(size=(40, 8)) * np.linspace(3, 1, 8)
    new[:, -1] += 6  # six deviations of the smallest direction, two of the largest
    one = unlikeness(folds(new, rng))
    assert one is not None
    assert one.observed > 0.9
    assert one.low > 0.5
    assert one.p < 1e-6
    assert (one.distance[one.flagged] > 1).all()


def test_rows_that_do_not_count_are_ranked_and_not_counted() -> None:
    rng = np.random.default_rng(0)
    one = unlikeness(folds(np.full((10, 8), 30.0), rng), counted=np.arange(10) < 4)
    assert one is not None
    assert (one.n, one.observed) == (4, 1.0)
    assert one.flagged.all()
    none = unlikeness(folds(np.full((2, 8), 30.0), rng), counted=np.zeros(2, dtype=bool))
    assert none is not None
    assert none.document()["observed"] is None
    assert none.p == 1


def test_groups_of_alike_rows_are_not_many_rows() -> None:
    rng = np.random.default_rng(0)
    new = np.concatenate([np.full((20, 8), 30.0), np.zeros((20, 8))])
    rows = folds(new, rng)
    alone, grouped = unlikeness(rows), unlikeness(rows, groups=np.repeat(["a", "b"], 20).astype(object))
    assert alone is not None
    assert grouped is not None
    assert alone.observed == grouped.observed == 0.5
    assert alone.p < 1e-4
    assert grouped.p > 0.01
    assert grouped.low < 0.1


def test_too_few_held_out_rows_say_nothing() -> None:
    assert least_held_out(0.05) == 19
    rng = np.random.default_rng(0)
    assert unlikeness(folds(np.zeros((5, 8)), rng, n=18)) is None
    assert unlikeness(folds(np.zeros((5, 8)), rng, n=20)) is not None
    assert unlikeness([]) is None


def test_constant_features_are_no_distance() -> None:
    same = FoldFeatures(np.ones((30, 4)), np.ones((30, 4)), np.ones((6, 4)))
    one = unlikeness([same])
    assert one is not None
    assert not one.flagged.any()
    assert np.isfinite(one.distance).all()


def test_whitened_training_rows_have_unit_variance() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 5)) * [10, 5, 1, 1e-9, 0] + 3
    white = whitening(rows)(rows)
    assert white.shape[1] <= 3
    assert white.std(axis=0, ddof=1) == pytest.approx(np.ones(white.shape[1]))
