import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from evenhand.evaluation.core.evaluated_rows import EvaluatedRows
from evenhand.evaluation.metrics.build import ask
from evenhand.evaluation.metrics.ranking import order

NAMES = ("a", "b", "c")


def figure(name, rows, sets=None):
    (one,) = ask(rows, [name], sets or {}, {})
    return one.estimate()


@st.composite
def scored(draw, k=3, finest=6):
    """Return scores with many ties, and truth in which classes may be missing."""
    n = draw(st.integers(1, 25))
    scores = np.array(draw(st.lists(st.integers(0, finest), min_size=n * k, max_size=n * k))).reshape(n, k) / finest
    truth = np.array(draw(st.lists(st.integers(0, k - 1), min_size=n, max_size=n)))
    return scores, truth


def weighted(theirs, own, score, weight=None):
    """Return scikit-learn's figure, or NaN where the class has no rows or no others to compare with."""
    if not own.any() or (theirs is sk.roc_auc_score and own.all()):
        return np.nan
    return theirs(own, score, sample_weight=weight)


def expected(theirs, scores, held, weight=None):
    per_class = [weighted(theirs, held[:, c], scores[:, c], weight) for c in range(held.shape[1])]
    return np.nan if np.isnan(per_class).all() else np.nanmean(per_class)


@given(scored())
def test_order_agrees_with_scikit_learn_ties_included(pair):
    scores, truth = pair
    rows, held = EvaluatedRows(NAMES, scores, truth), np.eye(3, dtype=bool)[truth]
    assert figure("roc_auc", rows) == pytest.approx(expected(sk.roc_auc_score, scores, held), nan_ok=True)
    theirs = expected(sk.average_precision_score, scores, held)
    assert figure("average_precision", rows) == pytest.approx(theirs, nan_ok=True)


@given(scored(), st.integers(0, 2**32 - 1))
def test_several_labels_agree_with_scikit_learn(pair, seed):
    scores, _ = pair
    held = np.random.default_rng(seed).random(scores.shape) < 0.4
    rows = EvaluatedRows(NAMES, scores, held.astype(float))
    assert figure("roc_auc", rows) == pytest.approx(expected(sk.roc_auc_score, scores, held), nan_ok=True)
    theirs = expected(sk.average_precision_score, scores, held)
    assert figure("average_precision", rows) == pytest.approx(theirs, nan_ok=True)


@given(scored(), st.integers(0, 2**32 - 1))
def test_a_replicate_equals_scikit_learn_with_rows_repeated(pair, seed):
    scores, truth = pair
    rows = EvaluatedRows(NAMES, scores, truth)
    drawn = np.random.default_rng(seed).integers(0, len(truth), len(truth))
    times = np.bincount(drawn, minlength=len(truth)).astype(float)[:, None]
    features = order(rows, np.arange(3))
    statistics = features.finish(features.by_unit(np.arange(len(truth)), len(truth)) @ times)
    held = np.eye(3, dtype=bool)[truth[drawn]]
    for c in range(3):
        theirs = [weighted(f, held[:, c], scores[drawn, c]) for f in (sk.roc_auc_score, sk.average_precision_score)]
        assert statistics[[c, 3 + c], 0] == pytest.approx(theirs, nan_ok=True)


def test_mean_of_all_classes_is_scikit_learns_one_vs_rest(predictions):
    p = predictions(300, 5)
    theirs = sk.roc_auc_score(p.truth, p.probabilities, multi_class="ovr", average="macro")
    assert figure("roc_auc", EvaluatedRows(p.classes, p.probabilities, p.truth)) == pytest.approx(theirs)


def test_one_class_and_a_set_can_be_asked_for(predictions):
    p = predictions(100, 3)
    rows = EvaluatedRows(p.classes, p.probabilities, p.truth)
    each = [figure(f"roc_auc[{name}]", rows) for name in p.classes]
    assert figure("roc_auc_two", rows, {"two": ["a", "c"]}) == pytest.approx((each[0] + each[2]) / 2)


def test_a_single_class_has_no_order():
    rows = EvaluatedRows(NAMES[:2], np.array([[0.3, 0.7], [0.6, 0.4]]), np.array([0, 0]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(figure("roc_auc", rows))
        assert figure("average_precision", rows) == 1.0
