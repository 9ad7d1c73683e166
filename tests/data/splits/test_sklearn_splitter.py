import copy

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedGroupKFold,
    check_cv,
    cross_val_predict,
    cross_val_score,
)

from evenhand.data.splits.sklearn_splitter import GroupedStratifiedKFold

RNG = np.random.default_rng(0)
GROUPS = np.repeat(np.arange(20), 5)
Y = RNG.integers(0, 3, 100)
X = RNG.normal(size=(100, 2)) + Y[:, None]


def held_out(splitter: GroupedStratifiedKFold, y: object, groups: object = None) -> list[list[int]]:
    groups = GROUPS if groups is None else groups
    return [test.tolist() for _, test in splitter.split(np.zeros(len(groups)), y, groups)]


@pytest.mark.filterwarnings("ignore:The least populated class:UserWarning")
@given(st.integers(0, 100_000), st.integers(2, 5))
@settings(max_examples=30, deadline=None)
def test_every_row_is_held_out_once_and_no_group_is_on_both_sides(seed, k):
    rng = np.random.default_rng(seed)
    groups, y = rng.integers(0, 15, 60), rng.choice(["a", "b"], 60, p=[0.8, 0.2])

    pairs = list(GroupedStratifiedKFold(k).split(np.zeros(60), y, groups))

    assert sorted(np.concatenate([test for _, test in pairs])) == list(range(60))
    for train, test in pairs:
        assert len(test)
        assert sorted([*train, *test]) == list(range(60))
        assert not set(groups[train]) & set(groups[test])
        assert set(y[train]) == set(y)


def test_it_serves_scikit_learns_tools():
    splitter = GroupedStratifiedKFold(4)

    assert cross_val_score(LogisticRegression(), X, Y, groups=GROUPS, cv=splitter).shape == (4,)
    assert cross_val_predict(LogisticRegression(), X, Y, groups=GROUPS, cv=splitter).shape == (100,)
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=splitter).fit(X, Y, groups=GROUPS)
    assert search.n_splits_ == 4
    assert check_cv(splitter) is splitter


def test_groups_are_routed():
    with sklearn.config_context(enable_metadata_routing=True):
        assert GroupedStratifiedKFold().get_metadata_routing().split.requests == {"groups": True}
        scores = cross_val_score(
            LogisticRegression(), X, Y, params={"groups": GROUPS}, cv=GroupedStratifiedKFold(3)
        )

    assert scores.shape == (3,)


def test_it_shows_its_parameters():
    assert repr(GroupedStratifiedKFold(3)) == "GroupedStratifiedKFold(n_splits=3, random_state=None, shuffle=False)"
    assert GroupedStratifiedKFold(3).get_n_splits(X, Y, GROUPS) == GroupedStratifiedKFold(3).get_n_splits() == 3


def test_positions_are_sorted_integers():
    train, test = next(iter(GroupedStratifiedKFold(4).split(X, Y, GROUPS)))

    assert train.dtype == test.dtype == np.int64
    assert (np.diff(train) > 0).all()


@pytest.mark.parametrize(
    "make", [list, pd.Series, lambda y: np.array(list("xyz"))[y], lambda y: pd.Series(list("xyz"))[y].tolist(),
             lambda y: y[:, None], lambda y: y.astype(float), lambda y: pd.Series(list("xyz"), dtype="category")[y]]
)  # fmt: skip
def test_labels_of_any_form_make_the_same_folds(make):
    assert held_out(GroupedStratifiedKFold(4), make(Y)) == held_out(GroupedStratifiedKFold(4), Y)


def test_renaming_classes_changes_nothing():
    assert held_out(GroupedStratifiedKFold(4), np.array(list("zxy"))[Y]) == held_out(GroupedStratifiedKFold(4), Y)


@pytest.mark.parametrize("make", [list, pd.Series, lambda g: [f"g{each:03d}" for each in g]])
def test_groups_of_any_form(make):
    assert held_out(GroupedStratifiedKFold(4), Y, make(GROUPS)) == held_out(GroupedStratifiedKFold(4), Y)


def test_several_labels_and_classes_with_labels_are_stratified_together():
    tags = (RNG.random((100, 3)) < 0.4).astype(int)
    groups = np.arange(100)
    both = pd.DataFrame({"class": np.array(list("xyz"))[Y], "tag": tags[:, 0]})

    for y, columns in ((tags, tags), (tags * 0.5, tags), (both, np.column_stack([np.eye(3)[Y], tags[:, 0]]))):
        fold = np.empty(100, dtype=int)
        for f, test in enumerate(held_out(GroupedStratifiedKFold(5), y, groups)):
            fold[test] = f
        counts = np.stack([columns[fold == f].sum(axis=0) for f in range(5)])
        assert np.ptp(counts, axis=0).max() <= 2


def test_shuffling_follows_the_random_state():
    fixed = GroupedStratifiedKFold(4, shuffle=True, random_state=1)

    assert held_out(fixed, Y) == held_out(copy.deepcopy(fixed), Y)
    assert held_out(fixed, Y) != held_out(GroupedStratifiedKFold(4, shuffle=True, random_state=2), Y)
    going_on = GroupedStratifiedKFold(4, shuffle=True, random_state=np.random.RandomState(0))
    assert held_out(going_on, Y) != held_out(going_on, Y)
    assert held_out(GroupedStratifiedKFold(4), Y) == held_out(GroupedStratifiedKFold(4), Y)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_splits": 2.5}, "number of folds must be of Integral type. 2.5"),
        ({"n_splits": 1}, "n_splits=2 or more, got n_splits=1"),
        ({"random_state": 0}, "random_state has no effect since shuffle is False"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        GroupedStratifiedKFold(**arguments)
    with pytest.raises(TypeError, match="shuffle must be True or False; got 1"):
        GroupedStratifiedKFold(shuffle=1)


@pytest.mark.parametrize(
    ("y", "groups", "message"),
    [
        (None, GROUPS, "'y' parameter should not be None"),
        (Y, None, "'groups' parameter should not be None"),
        (Y[:50], GROUPS, "inconsistent numbers of samples"),
        (Y, GROUPS[:50], "inconsistent numbers of samples"),
        (Y, GROUPS % 4, "n_splits=5 greater than the number of groups: 4"),
        (Y + 0.5, GROUPS, "Got 'continuous' instead"),
        (np.where(Y == 0, np.nan, Y), GROUPS, "Input y contains NaN"),
        (Y, np.where(GROUPS == 0, np.nan, GROUPS), "Input groups contains NaN"),
        (Y, np.column_stack([GROUPS, GROUPS]), "groups should be a 1d array"),
        (Y, [1, "a"] * 50, "n_splits=5 greater than the number of groups: 2"),
        (Y, np.array([1, "a"] * 50, dtype=object), "groups holds values of different types"),
    ],
)
def test_bad_input(y, groups, message):
    with pytest.raises(ValueError, match=message):
        next(GroupedStratifiedKFold(5).split(np.zeros(100), y, groups))


def test_a_class_in_few_groups_is_warned_of():
    y = np.where(GROUPS == 0, 1, 0)

    with pytest.warns(UserWarning, match="has only 1 groups, which is less than n_splits=5"):
        next(GroupedStratifiedKFold(5).split(np.zeros(100), y, GROUPS))


@pytest.mark.filterwarnings("ignore:The least populated class")
@pytest.mark.parametrize("seed", range(12))
def test_the_worst_class_is_no_further_off_than_scikit_learns(seed):
    rng = np.random.default_rng(seed)
    k, g, n_classes = int(rng.integers(3, 8)), int(rng.integers(20, 120)), int(rng.integers(2, 12))
    groups = np.repeat(np.arange(g), np.ceil(rng.pareto(1.5, g) * 3 + 0.1).astype(int))
    odds = rng.dirichlet(0.6 ** np.arange(n_classes), g)[groups]
    y = (rng.random((len(groups), 1)) > np.cumsum(odds, axis=1)).sum(axis=1).clip(0, n_classes - 1)
    counts = np.eye(n_classes)[y]
    counts = counts[:, counts.sum(axis=0) > 0]

    def worst(splitter: object) -> float:
        held = [counts[test].sum(axis=0) for _, test in splitter.split(counts, y, groups)]
        return np.abs(np.stack(held) / counts.sum(axis=0) - 1 / k).max()

    assert worst(GroupedStratifiedKFold(k)) <= worst(StratifiedGroupKFold(k)) + 1e-9
