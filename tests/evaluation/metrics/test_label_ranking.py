"""Metrics of several labels against scikit-learn and torchmetrics: ties, constant columns and unknown cells."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from evenhand.base.values import Predictions
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows
from evenhand.evaluation.figures.evaluate import evaluate
from evenhand.evaluation.metrics.build import ask

K = 4
NAMES = ("a", "b", "c", "d")
ROW_METRICS = {
    "label_ranking_average_precision": sk.label_ranking_average_precision_score,
    "coverage_error": sk.coverage_error,
    "label_ranking_loss": sk.label_ranking_loss,
}
MICRO = {
    "micro_precision": lambda y, p: sk.precision_score(y, p >= 0.5, zero_division=np.nan),
    "micro_recall": lambda y, p: sk.recall_score(y, p >= 0.5, zero_division=np.nan),
    "micro_f1": lambda y, p: sk.f1_score(y, p >= 0.5, zero_division=np.nan),
    "micro_roc_auc": lambda y, p: sk.roc_auc_score(y, p) if 0 < y.sum() < len(y) else np.nan,
    "micro_average_precision": lambda y, p: sk.average_precision_score(y, p) if y.any() else np.nan,
}


def figure(name, rows, sets=None):
    (one,) = ask(rows, [name], sets or {}, {})
    return one.estimate()


@st.composite
def tables(draw):
    """Return probabilities with ties and constant columns, a truth, and a mask with a known cell in every row."""
    n = draw(st.integers(1, 12))

    def table(of):
        return np.array(draw(st.lists(st.lists(of, min_size=K, max_size=K), min_size=n, max_size=n)))

    probabilities = table(st.sampled_from((0.0, 0.2, 0.5, 0.9, 1.0)))
    probabilities[:, draw(st.integers(0, K - 1))] = draw(st.sampled_from((0.0, 0.5)))
    known = table(st.booleans()) | draw(st.booleans())
    known[np.arange(n), table(st.integers(0, K - 1))[:, 0]] = True
    return probabilities, table(st.sampled_from((0.0, 1.0))), known


def masked(case):
    probabilities, truth, known = case
    return EvaluatedRows(NAMES, probabilities, np.where(known, truth, np.nan))


@settings(max_examples=40, deadline=None)
@given(tables())
def test_ranks_of_labels_are_scikit_learns_on_the_known_cells(case):
    probabilities, truth, known = case
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, theirs in ROW_METRICS.items():
            every = figure(name, EvaluatedRows(NAMES, probabilities, truth))
            assert every == pytest.approx(theirs(truth, probabilities)), name
            # A row without its unknown labels is a row of fewer labels.
            each = [
                # scikit-learn takes a table of one column for one label a row: another, always wrong, ranks last
                theirs(np.append(y[m], 0.0)[None], np.append(p[m], -1.0)[None])
                if name != "label_ranking_loss" and y[m].any()
                else _by_hand(name, y[m], p[m])
                for y, p, m in zip(truth, probabilities, known, strict=True)
            ]
            if name == "label_ranking_average_precision":  # where all hold, every order is right
                each = [1.0 if y[m].all() else v for y, m, v in zip(truth, known, each, strict=True)]
            assert figure(name, masked(case)) == pytest.approx(np.mean(each)), name


def _by_hand(name, y, p):
    pairs = [float(low >= high) for high in p[y == 1] for low in p[y == 0]]
    return {"label_ranking_average_precision": 1.0, "coverage_error": 0.0}.get(name, np.mean(pairs or [0.0]))


@settings(max_examples=40, deadline=None)
@given(tables())
def test_micro_averages_are_scikit_learns_over_the_known_cells(case):
    probabilities, truth, known = case
    for name, theirs in MICRO.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = theirs(truth[known], probabilities[known])
        assert figure(name, masked(case)) == pytest.approx(expected, nan_ok=True), name


@given(tables())
@settings(max_examples=20, deadline=None)
def test_a_set_of_classes_is_a_table_of_these_columns(case):
    probabilities, truth, known = case
    some = known[:, 1:3].any(axis=1)
    if not some.any():
        return
    part = EvaluatedRows(NAMES[1:3], probabilities[some, 1:3], np.where(known, truth, np.nan)[some, 1:3])
    for name in (*ROW_METRICS, *MICRO):
        found = figure(f"{name}_bc", masked(case), {"bc": ["b", "c"]})
        assert found == pytest.approx(figure(name, part), nan_ok=True), name


@pytest.mark.parametrize("seed", range(3))
def test_they_are_torchmetrics_too(seed):
    torch, ours = pytest.importorskip("torch"), pytest.importorskip("torchmetrics.functional.classification")
    rng = np.random.default_rng(seed)
    truth = (rng.random((50, K)) < 0.4).astype(np.int64)
    probabilities = np.round(rng.random((50, K)), 2 if seed else 1)
    rows = EvaluatedRows(NAMES, probabilities, truth.astype(float))
    p, y = torch.from_numpy(probabilities), torch.from_numpy(truth)
    theirs = {
        "label_ranking_average_precision": ours.multilabel_ranking_average_precision(p, y, K),
        "coverage_error": ours.multilabel_coverage_error(p, y, K),
        "label_ranking_loss": ours.multilabel_ranking_loss(p, y, K),
        "micro_roc_auc": ours.multilabel_auroc(p, y, K, average="micro"),
        "micro_average_precision": ours.multilabel_average_precision(p, y, K, average="micro"),
        "roc_auc": ours.multilabel_auroc(p, y, K),
        "average_precision": ours.multilabel_average_precision(p, y, K),
        "hamming": 1 - ours.multilabel_accuracy(p, y, K, average="micro"),
        # a probability of 0.5 is a yes here, and there from the next number on
        "micro_f1": ours.multilabel_f1_score(p, y, K, average="micro", threshold=0.4999),
    }
    if seed == 0:
        theirs.pop("label_ranking_loss")  # torchmetrics counts tied pairs as ordered by their columns
        theirs.pop("hamming")
    for name, expected in theirs.items():
        assert figure(name, rows) == pytest.approx(float(expected), abs=1e-6), name


def test_intervals_are_over_groups_and_a_perfect_order_is_never_certain():
    rng = np.random.default_rng(0)
    truth = np.eye(K)[rng.integers(0, K, 60)]
    groups = np.array([f"g{i % 12}" for i in range(60)], dtype=object)
    ids = np.arange(60).astype(str)
    names = [*ROW_METRICS, *MICRO]
    perfect = evaluate(Predictions(ids, NAMES, 0.1 + 0.8 * truth, truth, groups=groups), names, draws=200)
    noisy = Predictions(ids, NAMES, rng.random((60, K)), truth, groups=groups)
    for name, found in evaluate(noisy, names, draws=200).items():
        assert found.low < found.estimate < found.high
        assert found.groups == 12
        assert perfect[name].low < perfect[name].high, name
