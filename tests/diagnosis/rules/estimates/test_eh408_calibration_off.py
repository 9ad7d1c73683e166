from dataclasses import replace

import numpy as np
import pytest

from evenhand.base.values import Predictions
from evenhand.diagnosis import Evidence, examine


def predictions(n=1500, k=4, *, temperature=1.0, seed=0, groups=None, spread=1.0, model="m"):
    """Return predictions whose truth is drawn from them, then sharpened (below 1) or flattened by a temperature."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (n, k))
    true = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    truth = (true.cumsum(1) > rng.random((n, 1))).argmax(1)
    told = np.exp(logits / temperature)
    told /= told.sum(1, keepdims=True)
    names = None if groups is None else np.array([f"g{g}" for g in rng.integers(0, groups, n)], dtype=object)
    ids = np.array([f"r{i}" for i in range(n)], dtype=object)
    return Predictions(ids, tuple(f"c{c}" for c in range(k)), told, truth, groups=names, model=model)


def examined(*every):
    return examine(Evidence(predictions=every), ["EH408"])


def test_too_sure_is_a_warning_with_its_numbers():
    (one,) = examined(predictions(temperature=0.3)).findings
    assert (one.severity, one.about) == ("warning", "m")
    assert "overconfident" in one.message
    assert "of 1,500 rows (gap 0." in one.message


def test_not_sure_enough_is_a_note():
    (one,) = examined(predictions(temperature=3.0)).findings
    assert one.severity == "note"
    assert "underconfident" in one.message


def test_several_models_make_one_finding_each_way():
    models = [predictions(temperature=t, model=f"m{t}") for t in (0.2, 0.4, 4.0, 1.0)]
    over, under = examined(*models).findings
    assert over.message.endswith("Likewise m0.4.")
    assert set(over.evidence["gaps"]) == {"m0.2", "m0.4"}
    assert under.about == "m4.0"


@pytest.mark.parametrize("seed", range(15))
def test_calibrated_models_pass_whatever_the_number_of_rows(seed):
    rows = int(np.random.default_rng(seed).integers(100, 1000))
    assert examined(predictions(rows, seed=seed)).passed == ("EH408",)


@pytest.mark.parametrize("seed", range(10))
def test_calibrated_models_pass_with_few_groups(seed):
    assert examined(predictions(400, seed=seed, groups=9)).passed == ("EH408",)


def test_a_hard_problem_told_honestly_passes():
    p = predictions(800, k=10)
    flat = replace(p, probabilities=np.full((800, 10), 0.1), truth=np.arange(800) % 10)
    assert examined(flat).passed == ("EH408",)


def test_few_rows_pass():
    assert examined(predictions(80, temperature=0.1)).passed == ("EH408",)


def test_several_labels_are_judged_label_by_label():
    rng = np.random.default_rng(0)
    told = rng.random((600, 5))
    truth = (rng.random((600, 5)) < told).astype(float)
    ids = np.array([f"r{i}" for i in range(600)], dtype=object)
    honest = Predictions(ids, tuple("abcde"), told, truth)
    assert examined(honest).passed == ("EH408",)
    sure = replace(honest, probabilities=np.where(told > 0.5, 0.99, 0.01))
    (one,) = examined(sure).findings
    assert "% of the label cells of 600 rows (gap" in one.message


def test_it_is_not_applicable_without_truth():
    assert examined(replace(predictions(), truth=None)).not_applicable


def as_sure_as(model, right, rows=200, confidence=0.8):
    """Return predictions of one confidence throughout, of which so many are right."""
    told = np.tile([confidence, 1 - confidence], (rows, 1))
    ids = np.array([f"r{i}" for i in range(rows)], dtype=object)
    return Predictions(ids, ("a", "b"), told, (np.arange(rows) >= right).astype(int), model=model)


def test_the_more_models_are_asked_the_more_is_asked_of_each():
    """Ten healthy models were called off in 8.8 % of runs."""
    unlucky = as_sure_as("unlucky", 141)
    assert len(examined(unlucky).findings) == 1
    healthy = [as_sure_as(f"m{i}", 160) for i in range(9)]
    assert examined(unlucky, *healthy).passed == ("EH408",)


def test_what_is_surely_off_leaves_more_for_the_others():
    unlucky = as_sure_as("unlucky", 141)
    (one,) = examined(unlucky, *[as_sure_as(f"m{i}", 20) for i in range(9)]).findings
    assert one.message.endswith("and unlucky.") or "unlucky" in one.evidence["gaps"]


@pytest.mark.slow
def test_a_run_of_ten_healthy_models_seldom_alarms():
    alarms = 0
    for run in range(100):
        rows = int(np.random.default_rng(run).integers(100, 1000))
        every = [predictions(rows, seed=1000 * run + i, model=f"m{i}") for i in range(10)]
        alarms += bool(examined(*every).findings)
    assert alarms <= 2
