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


def rows_from(truth, predicted, k=4):
    probabilities = np.full((len(truth), k), 0.1)
    probabilities[np.arange(len(truth)), predicted] = 0.7
    return EvaluatedRows(NAMES[:k], probabilities, np.asarray(truth))


@st.composite
def labels(draw, k=4):
    """Return truth and predictions in which classes may be missing from either."""
    n = draw(st.integers(1, 25))
    some = st.lists(st.integers(0, k - 1), min_size=n, max_size=n)
    return np.array(draw(some)), np.array(draw(some))


@given(labels())
def test_averages_agree_with_scikit_learn(pair):
    truth, predicted = pair
    rows = rows_from(truth, predicted)
    for average in ("macro", "weighted", "micro"):
        theirs = sk.f1_score(truth, predicted, average=average, zero_division=0)
        assert figure(f"{average}_f1", rows) == pytest.approx(theirs)
    assert figure("macro_precision", rows) == pytest.approx(
        sk.precision_score(truth, predicted, average="macro", zero_division=0)
    )
    recalls = sk.recall_score(truth, predicted, average=None, zero_division=np.nan)
    assert figure("macro_recall", rows) == pytest.approx(np.nanmean(recalls))
    assert figure("balanced_accuracy", rows) == pytest.approx(np.nanmean(recalls))
    assert figure("worst_recall", rows) == pytest.approx(np.nanmin(recalls))


@pytest.mark.filterwarnings("ignore:y_pred contains classes", "ignore:A single label was found")
@given(labels())
def test_balanced_accuracy_agrees_with_scikit_learn(pair):
    truth, predicted = pair
    theirs = sk.balanced_accuracy_score(truth, predicted)
    assert figure("balanced_accuracy", rows_from(truth, predicted)) == pytest.approx(theirs)


@given(labels())
def test_single_classes_agree_with_scikit_learn(pair):
    truth, predicted = pair
    rows = rows_from(truth, predicted)
    theirs = sk.precision_recall_fscore_support(truth, predicted, labels=range(4), zero_division=np.nan)
    for metric, values in zip(("precision", "recall", "f1"), theirs, strict=False):
        for name, value in zip(NAMES, values, strict=True):
            assert figure(f"{metric}[{name}]", rows) == pytest.approx(value, nan_ok=True)


@given(labels(), st.sets(st.integers(0, 3), min_size=1))
def test_sets_are_averages_over_their_classes_that_are_there(pair, chosen):
    truth, predicted = pair
    there = sorted(chosen & (set(truth.tolist()) | set(predicted.tolist())))
    rows = rows_from(truth, predicted)
    ours = figure("macro_f1_rare", rows, {"rare": [NAMES[c] for c in sorted(chosen)]})
    if not there:
        assert np.isnan(ours)
    else:
        theirs = sk.f1_score(truth, predicted, labels=there, average="macro", zero_division=0)
        assert ours == pytest.approx(theirs)


@st.composite
def label_sets(draw, k=3):
    n = draw(st.integers(1, 15))
    bits = st.lists(st.lists(st.integers(0, 1), min_size=k, max_size=k), min_size=n, max_size=n)
    return np.array(draw(bits)), np.array(draw(bits))


@given(label_sets())
def test_several_labels_agree_with_scikit_learn(pair):
    truth, predicted = pair
    rows = EvaluatedRows(NAMES[:3], predicted * 0.5 + 0.25, truth.astype(float))
    there = np.flatnonzero(truth.any(axis=0) | predicted.any(axis=0))
    if len(there):
        theirs = sk.f1_score(truth, predicted, labels=there, average="macro", zero_division=0)
        assert figure("macro_f1", rows) == pytest.approx(theirs)
        theirs = sk.f1_score(truth, predicted, average="micro", zero_division=0)
        assert figure("micro_f1", rows) == pytest.approx(theirs)
    else:
        assert np.isnan(figure("macro_f1", rows))
    if truth.any():
        theirs = sk.f1_score(truth, predicted, average="weighted", zero_division=0)
        assert figure("weighted_f1", rows) == pytest.approx(theirs)


def test_a_label_holds_from_one_half_on():
    rows = EvaluatedRows(("a",), np.array([[0.5], [0.49]]), np.array([[1.0], [0.0]]))
    assert figure("micro_f1", rows) == 1.0


def test_a_class_never_predicted_costs_precision_and_one_never_true_costs_no_recall():
    rows = rows_from([0, 0, 1], [0, 2, 0])
    assert figure("macro_precision", rows) == pytest.approx((0.5 + 0 + 0) / 3)
    assert figure("macro_recall", rows) == pytest.approx((0.5 + 0) / 2)
    assert np.isnan(figure("precision[b]", rows))
    assert np.isnan(figure("recall[c]", rows))
    assert np.isnan(figure("f1[d]", rows))
