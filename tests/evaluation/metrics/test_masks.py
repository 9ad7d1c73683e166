"""A cell whose truth is unknown is in no figure: a class without it is a class of the rows that are left."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from evenhand.base.values import Predictions
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows
from evenhand.evaluation.core.metric import Metric
from evenhand.evaluation.figures.evaluate import evaluate
from evenhand.evaluation.metrics import METRICS
from evenhand.evaluation.metrics.build import ask

K = 3
NAMES = ("a", "b", "c")
DEGREES = (0.0, 0.25, 0.5, 1.0)
PER_CLASS = ("precision[b]", "recall[b]", "f1[b]", "macro_f1_b", "roc_auc_b", "average_precision_b", "log_loss_b",
             "brier_b", "hamming_b", "calibration_error_b", "subset_accuracy_b")  # fmt: skip
PLAIN = {name: METRICS.get(name) for name in METRICS.names()}
EVERY = [
    f"{name}[b]" if metric.of_class else name
    for name, metric in PLAIN.items()
    if isinstance(metric, Metric) and metric.labels != "one" and not metric.of_groups
]


@st.composite
def masked(draw, degrees=DEGREES):
    """Return probabilities with ties, a soft truth, and a mask with a known cell in every row."""
    n = draw(st.integers(2, 24))

    def table(of):
        return np.array(draw(st.lists(st.lists(of, min_size=K, max_size=K), min_size=n, max_size=n)))

    probabilities = table(st.sampled_from((0.0, 0.2, 0.5, 0.9, 1.0)))
    truth, known = table(st.sampled_from(degrees)), table(st.booleans())
    known[np.arange(n), table(st.integers(0, K - 1))[:, 0]] = True
    return probabilities, truth, known


def figure(name, rows):
    (one,) = ask(rows, [name], {"b": ["b"]}, {})
    return one.estimate()


@given(masked())
def test_masking_a_cell_is_removing_its_row_from_the_figure_of_its_class(case):
    probabilities, truth, known = case
    rows = EvaluatedRows(NAMES, probabilities, np.where(known, truth, np.nan))
    left = known[:, 1]
    alone = EvaluatedRows(NAMES, probabilities[left], truth[left])
    for name in PER_CLASS:
        if not left.any():
            assert np.isnan(figure(name, rows))
        else:
            assert figure(name, rows) == pytest.approx(figure(name, alone), abs=1e-12, nan_ok=True), name


@given(masked())
def test_what_is_unknown_does_not_matter(case):
    probabilities, truth, known = case
    truth = np.where(known, truth, np.nan)
    rows, other = (
        EvaluatedRows(NAMES, np.where(known, probabilities, filler), truth)
        for filler in (probabilities, 1 - probabilities)
    )
    for name in EVERY:
        assert figure(name, rows) == pytest.approx(figure(name, other), abs=1e-12, nan_ok=True), name


@given(masked())
def test_means_over_labels_are_over_the_known_cells(case):
    probabilities, truth, known = case
    rows = EvaluatedRows(NAMES, probabilities, np.where(known, truth, np.nan))
    p, y = probabilities[known], truth[known]
    assert figure("brier", rows) == pytest.approx(((p - y) ** 2).mean())
    assert figure("hamming", rows) == pytest.approx(((p >= 0.5) != (y >= 0.5)).mean())
    p = p.clip(np.finfo(float).eps, 1 - np.finfo(float).eps)
    assert figure("log_loss", rows) == pytest.approx(-(y * np.log(p) + (1 - y) * np.log1p(-p)).mean())


@given(masked(degrees=(0.0, 1.0)))
def test_ranking_agrees_with_scikit_learn_on_the_known_rows(case):
    probabilities, truth, known = case
    rows = EvaluatedRows(NAMES, probabilities, np.where(known, truth, np.nan))
    for name, theirs in (("roc_auc", sk.roc_auc_score), ("average_precision", sk.average_precision_score)):
        each = []
        for c in range(K):
            own = known[:, c]
            both = 0 < truth[own, c].sum() < own.sum()
            if both or (name == "average_precision" and truth[own, c].any()):
                each.append(theirs(truth[own, c], probabilities[own, c]))
        assert figure(name, rows) == pytest.approx(np.mean(each) if each else np.nan, nan_ok=True)


@given(masked(), st.sampled_from((0.2, 0.25, 0.3, 1.0)))
def test_a_truth_is_a_yes_from_the_threshold_on(case, threshold):
    probabilities, truth, _ = case
    soft = EvaluatedRows(NAMES, probabilities, truth, truth_threshold=threshold)
    hard = EvaluatedRows(NAMES, probabilities, (truth >= threshold).astype(float))
    for name in ("macro_f1", "roc_auc", "average_precision", "hamming", "subset_accuracy", "worst_recall"):
        assert figure(name, soft) == pytest.approx(figure(name, hard), nan_ok=True)


def test_n_of_a_class_is_the_number_of_rows_where_it_is_known():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, (200, K)).astype(float)
    probabilities = np.clip(0.6 * truth + 0.4 * rng.random((200, K)), 0, 1)
    truth[:150, 1] = np.nan
    p = Predictions(np.arange(200).astype(str), NAMES, probabilities, truth)
    found = evaluate(p, ["log_loss_b", "recall[b]", "recall[a]", "hamming"], sets={"b": ["b"]}, draws=200)
    assert found["log_loss_b"].n == 50
    assert found["recall[b]"].n == int(np.nansum(truth[:, 1]))
    assert found["recall[a]"].n == int(truth[:, 0].sum())
    assert found["hamming"].n == 200


def test_intervals_are_wider_where_less_is_known():
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 2, (400, K)).astype(float)
    probabilities = np.clip(0.4 * truth + 0.6 * rng.random((400, K)), 0, 1)
    hidden = np.where(rng.random(truth.shape) < 0.8, np.nan, truth)
    ids = np.arange(400).astype(str)
    wide, narrow = (
        evaluate(Predictions(ids, NAMES, probabilities, y), ["macro_f1", "roc_auc", "log_loss"], draws=400)
        for y in (hidden, truth)
    )
    for name, one in narrow.items():
        assert (one.high - one.low) * 1.5 < wide[name].high - wide[name].low
