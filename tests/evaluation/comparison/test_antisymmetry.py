"""compare(A, B) is compare(B, A) turned round, to the last bit."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from evenhand.base.values import Predictions
from evenhand.evaluation.comparison import compare
from evenhand.evaluation.comparison.compare import compare_predictions
from evenhand.evaluation.comparison.verdicts import holm

METRICS = ("accuracy", "macro_f1", "log_loss", "brier", "balanced_accuracy", "roc_auc", "calibration_error",
           "worst_recall", "macro_precision", "weighted_f1")  # fmt: skip
TURNED = {"better": "worse", "worse": "better"}


def a_model(name, truth, ids, groups, rng):
    """Return a model of few different answers, so that many rows are alike."""
    k = int(truth.max()) + 1
    p = np.full((len(truth), k), 0.2 / k)
    answer = np.where(rng.random(len(truth)) < rng.uniform(0.4, 0.95), truth, rng.integers(0, k, len(truth)))
    p[np.arange(len(truth)), answer] += 0.8
    if rng.random() < 0.3:
        p = rng.dirichlet(np.ones(k), len(truth))
    if rng.random() < 0.3:
        p = np.round(p, 1) + 1e-3
    p /= p.sum(axis=1, keepdims=True)
    classes = np.array([f"c{c}" for c in range(k)])
    rows = rng.permutation(len(truth)) if rng.random() < 0.3 else np.arange(len(truth))
    rows = rows[rng.random(len(rows)) < 0.9] if rng.random() < 0.3 else rows
    order = rng.permutation(k) if rng.random() < 0.3 else np.arange(k)
    named = None if groups is None or rng.random() < 0.3 else groups
    if named is not None and rng.random() < 0.3:
        named = np.char.add(f"{name}:", named.astype(str)).astype(object)
    return Predictions(
        ids[rows], tuple(classes[order]), p[rows][:, order], np.argsort(order)[truth[rows]], model=name,
        groups=None if named is None else named[rows],
    )  # fmt: skip


def some_models(seed, count=2):
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(30, 120)), int(rng.integers(2, 5))
    truth = np.concatenate([np.arange(k), rng.choice(k, n - k, p=rng.dirichlet(np.ones(k)))])
    ids = np.array([f"r{i}" for i in rng.permutation(n)], dtype=object)
    groups = rng.integers(0, rng.integers(5, 30), n).astype(str).astype(object) if rng.random() < 0.5 else None
    metrics = tuple(rng.choice(METRICS, int(rng.integers(1, 4)), replace=False))
    return [a_model("ABC"[at], truth, ids, groups, rng) for at in range(count)], metrics


def turned(v):
    """Return what a verdict would be with its two models exchanged."""
    d, word = v.difference, TURNED.get(v.word, v.word)
    around = (0.0 - d.estimate, 0.0 - d.high, 0.0 - d.low)
    return (v.base, v.name, v.metric, word, *around, d.level, d.n, d.groups, d.how, v.detectable, v.p, v.enough)


def as_it_is(v):
    d = v.difference
    around = (d.estimate, d.low, d.high)
    return (v.name, v.base, v.metric, v.word, *around, d.level, d.n, d.groups, d.how, v.detectable, v.p, v.enough)


def assert_antisymmetric(seed):
    (a, b), metrics = some_models(seed)
    one, two = (compare_predictions(pair, metrics, draws=40) for pair in ([a, b], [b, a]))
    np.testing.assert_equal([as_it_is(v) for v in two.verdicts], [turned(v) for v in one.verdicts])
    assert one.figures["A"] == two.figures["A"] or not np.isfinite(one.figures["A"][metrics[0]].estimate)


@pytest.mark.parametrize("start", range(0, 40, 10))
def test_two_models(start):
    for seed in range(start, start + 10):
        assert_antisymmetric(seed)


@pytest.mark.slow
def test_many_pairs(size):
    for seed in range(1000, 1000 + size(400, 2000)):
        assert_antisymmetric(seed)


@pytest.mark.parametrize("seed", range(2))
def test_each_of_three_against_each_is_one_family_in_any_order(seed):
    models, metrics = some_models(100 + seed, count=3)
    first = compare_predictions(models, metrics, against="all", draws=30)
    found = {as_it_is(v)[:3]: as_it_is(v) for v in first.verdicts}
    found |= {turned(v)[:3]: turned(v) for v in first.verdicts}
    for order in list(permutations(models))[1::2]:
        for v in compare_predictions(order, metrics, against="all", draws=30).verdicts:
            np.testing.assert_equal(as_it_is(v), found[as_it_is(v)[:3]])


@pytest.fixture
def arithmetic_that_knows_the_sign(monkeypatch):
    """Stand in for a processor on which (-x)⁴ and x⁴ differ in the last bits."""
    exact = compare.spread

    def spread(one, groups, replicates):
        found = exact(one, groups, replicates)
        return replace(found, freedom=found.freedom * (1 + 1e-6 * (found.estimate > 0)))

    monkeypatch.setattr(compare, "spread", spread)


@pytest.fixture
def arithmetic_that_knows_the_place(monkeypatch):
    """Stand in for a processor on which the column of a matrix decides how its product is rounded."""
    exact = compare.bootstrap

    def bootstrap(measures, groups, **how):
        replicates = exact(measures, groups, **how)
        return replicates * (1 + 1e-6 * np.arange(len(replicates)))[:, None]

    monkeypatch.setattr(compare, "bootstrap", bootstrap)


@pytest.mark.usefixtures("arithmetic_that_knows_the_sign", "arithmetic_that_knows_the_place")
def test_it_does_not_rest_on_how_a_processor_rounds():
    for seed in range(5):
        assert_antisymmetric(seed)
    test_each_of_three_against_each_is_one_family_in_any_order(0)


def test_equal_p_are_held_against_one_level_whichever_comes_first():
    levels, _ = holm(np.array([0.02, 0.02]))
    assert levels.tolist() == [0.025, 0.025]
    levels, _ = holm(np.array([0.03, 0.001, 0.03, 0.001]))
    assert levels.tolist() == [0.025, 0.0125, 0.025, 0.0125]


def test_rows_are_of_one_group_if_they_are_for_any_model():
    ids = np.array([f"r{i}" for i in range(60)], dtype=object)
    a = Predictions(ids, ("x", "y"), np.full((60, 2), 0.5), np.arange(60) % 2, model="a",
                    groups=(np.arange(60) // 3).astype(str).astype(object))  # fmt: skip
    coarser = replace(a, model="b", groups=(np.arange(60) // 6).astype(str).astype(object))
    across = replace(a, model="c", groups=(np.arange(60) % 10 // 5).astype(str).astype(object))
    for pair, groups in (([a, coarser], 10), ([coarser, a], 10), ([a, across], 1)):
        assert compare_predictions(pair, ["accuracy"], draws=20).verdicts[0].difference.groups == groups
