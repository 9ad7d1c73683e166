import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.neighbors import NearestNeighbors

from evenhand.diagnosis.statistics.probes import (
    linear_scores,
    neighbour_scores,
    neighbours,
    standardised,
    within_classes,
)

RNG = np.random.default_rng(0)


def test_standardised_measures_have_mean_0_and_deviation_1_and_constants_become_0():
    x = standardised(np.column_stack([RNG.normal(5, 2, 500), np.full(500, 3.0)]))
    assert x.mean(axis=0) == pytest.approx([0, 0], abs=0.01)
    assert x.std(axis=0) == pytest.approx([1, 0], abs=0.01)


def test_far_values_are_cut():
    values = np.append(RNG.normal(size=999), 1e6)[:, None]
    assert standardised(values).max() == 5


def test_class_means_are_taken_out():
    label = np.arange(60) % 3
    within = within_classes(RNG.normal(size=(60, 2)) + label[:, None] * 10, np.eye(3)[label])
    for c in range(3):
        assert within[label == c].mean(axis=0) == pytest.approx([0, 0], abs=1e-5)


def test_without_labels_nothing_is_taken_out():
    measures = RNG.normal(size=(40, 2))
    assert within_classes(measures, np.zeros((40, 0))) == pytest.approx(standardised(measures), abs=1e-5)


def test_linear_scores_are_those_of_scikit_learns_ridge():
    x, fold = RNG.normal(size=(90, 4)), np.arange(90) % 3
    sides = np.column_stack([x[:, 0] > 0, RNG.random(90) < 0.3])
    scores = linear_scores(x, sides, fold, ridge=0.1)
    for f in range(3):
        held = fold == f
        ridge = Ridge(alpha=0.1 * (~held).sum()).fit(x[~held], sides[~held].astype(float))
        expected = (x[held] - x[~held].mean(axis=0)) @ ridge.coef_.T
        assert scores[held] == pytest.approx(expected)


def test_neighbours_are_the_nearest_rows_of_other_groups():
    x, group = RNG.normal(size=(80, 3)), np.arange(80)
    near = neighbours(x, group, np.zeros(80, dtype=int), RNG, k=4)
    expected = NearestNeighbors(n_neighbors=5).fit(x).kneighbors(x, return_distance=False)[:, 1:]
    assert np.array_equal(np.sort(near), np.sort(expected))


def test_neighbours_keep_to_their_stratum_and_out_of_their_group():
    group, stratum = np.repeat(np.arange(20), 3), np.repeat([0, 1], 30)
    near = neighbours(RNG.normal(size=(60, 2)), group, stratum, RNG)
    assert (stratum[near] == stratum[:, None]).all()
    assert (group[near] != group[:, None]).all()


def test_a_row_alone_in_its_stratum_has_no_neighbours_and_scores_0():
    near = neighbours(np.zeros((3, 1)), np.arange(3), np.array([0, 0, 1]), RNG, k=2)
    assert near[2].tolist() == [-1, -1]
    assert sorted(near[0].tolist()) == [-1, 1]
    scores = neighbour_scores(near, np.array([[True], [False], [True]]), np.arange(3), np.array([0, 0, 1]))
    assert scores[2, 0] == 0


def test_ties_do_not_follow_the_order_of_rows():
    """Equal rows, sorted by side: neighbours taken in order would tell the sides apart."""
    side = np.arange(200)[:, None] < 100
    near = neighbours(np.zeros((200, 2)), np.arange(200), np.zeros(200, dtype=int), RNG)
    scores = neighbour_scores(near, side, np.arange(200), np.zeros(200, dtype=int))
    assert abs(scores[:100].mean() - scores[100:].mean()) < 0.1
