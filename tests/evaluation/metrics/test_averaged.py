import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from evenhand.evaluation.core.evaluated_rows import EvaluatedRows
from evenhand.evaluation.metrics.build import ask

NAMES = ("a", "b", "c", "d")


def figure(name, rows, sets=None):
    (one,) = ask(rows, [name], sets or {}, {})
    return one.estimate()


@st.composite
def scored(draw, k=4):
    """Return probabilities with many ties, and truth."""
    n = draw(st.integers(1, 20))
    parts = st.lists(st.lists(st.integers(0, 3), min_size=k, max_size=k).filter(any), min_size=n, max_size=n)
    raw = np.array(draw(parts), dtype=float)
    truth = np.array(draw(st.lists(st.integers(0, k - 1), min_size=n, max_size=n)))
    return raw / raw.sum(axis=1, keepdims=True), truth


@given(scored())
def test_one_label_agrees_with_scikit_learn_ties_included(pair):
    probabilities, truth = pair
    rows = EvaluatedRows(NAMES, probabilities, truth)
    assert figure("accuracy", rows) == pytest.approx(sk.accuracy_score(truth, probabilities.argmax(axis=1)))
    theirs = sk.log_loss(truth, probabilities, labels=range(4))
    assert figure("log_loss", rows) == pytest.approx(theirs)
    theirs = np.mean(((probabilities - np.eye(4)[truth]) ** 2).sum(axis=1))
    assert figure("brier", rows) == pytest.approx(theirs)
    first = np.argsort(-probabilities, axis=1, kind="stable")
    for count in (1, 2, 3):
        assert figure(f"top_{count}", rows) == pytest.approx(
            (first[:, :count] == truth[:, None]).any(axis=1).mean()
        )
        apart = probabilities + np.arange(4, 0, -1) * 1e-12  # ties broken as we do: theirs prefer later classes
        theirs = sk.top_k_accuracy_score(truth, apart, k=count, labels=range(4))
        assert figure(f"top_{count}", rows) == pytest.approx(theirs)
    assert figure("top_1", rows) == figure("accuracy", rows)


def test_every_class_is_within_as_many_as_there_are():
    rows = EvaluatedRows(NAMES, np.full((3, 4), 0.25), np.array([0, 1, 3]))
    assert figure("top_4", rows) == figure("top_9", rows) == 1.0


def test_an_impossible_truth_costs_as_much_as_the_type_can_tell():
    for kind in (np.float64, np.float32):
        rows = EvaluatedRows(("a", "b"), np.array([[1.0, 0.0]], dtype=kind), np.array([1]))
        assert figure("log_loss", rows) == pytest.approx(-np.log(np.finfo(kind).eps))


@given(scored(k=3), st.integers(0, 2**32 - 1))
def test_several_labels_agree_with_scikit_learn(pair, seed):
    probabilities, _ = pair
    truth = np.random.default_rng(seed).integers(0, 2, probabilities.shape)
    predicted = (probabilities >= 0.5).astype(int)
    rows = EvaluatedRows(NAMES[:3], probabilities, truth.astype(float))
    assert figure("subset_accuracy", rows) == pytest.approx(sk.accuracy_score(truth, predicted))
    assert figure("accuracy", rows) == figure("subset_accuracy", rows)
    assert figure("hamming", rows) == pytest.approx(sk.hamming_loss(truth, predicted))
    theirs = sk.log_loss(truth.ravel(), probabilities.ravel(), labels=[0, 1])
    assert figure("log_loss", rows) == pytest.approx(theirs)
    assert figure("brier", rows) == pytest.approx(sk.mean_squared_error(truth, probabilities))


def test_a_set_takes_only_its_own_rows():
    probabilities = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0], [0.6, 0.1, 0.3]])
    rows = EvaluatedRows(NAMES[:3], probabilities, np.array([0, 1, 2]))
    assert figure("accuracy_rare", rows, {"rare": ["b", "c"]}) == 0.5
    assert figure("top_2_rare", rows, {"rare": ["c"]}) == 1.0
    assert np.isnan(
        figure("accuracy_rare", EvaluatedRows(NAMES[:3], probabilities, np.zeros(3, int)), {"rare": ["c"]})
    )


def test_of_several_labels_a_set_takes_only_its_own_columns():
    rows = EvaluatedRows(("a", "b"), np.array([[0.9, 0.9], [0.1, 0.9]]), np.array([[1.0, 0.0], [0.0, 1.0]]))
    assert figure("subset_accuracy_some", rows, {"some": ["a"]}) == 1.0
    assert figure("hamming_some", rows, {"some": ["b"]}) == 0.5
