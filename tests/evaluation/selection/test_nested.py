from dataclasses import replace

import numpy as np
import pytest

from evenhand.base.values import Predictions
from evenhand.evaluation.figures.evaluate import evaluate
from evenhand.evaluation.selection.nested import Step, evaluate_steps


def model(counts, mistakes, k=3):
    """Return predictions with `mistakes` in the first class."""
    truth = np.repeat(np.arange(len(counts)), counts)
    answer = truth.copy()
    answer[:mistakes] = 1
    table = np.full((len(truth), k), 0.02 / (k - 1))
    table[np.arange(len(truth)), answer] = 0.98
    order = np.random.default_rng(0).permutation(len(truth))
    return Predictions(
        order.astype(str).astype(object), tuple("abcdefgh"[:k]), table[order], truth[order], model="m"
    )


def test_a_sum_of_metrics_is_not_surer_than_its_terms():
    p = model([600, 30, 3], 6)
    single = evaluate(p, ["macro_f1", "worst_recall"], draws=300)
    own = evaluate_steps([Step(p)], {"macro_f1": 0.5, "worst_recall": 0.5}, draws=300).steps[0].nested
    for end in ("estimate", "low", "high"):
        parts = [getattr(one, end) for one in single.values()]
        assert getattr(own, end) == pytest.approx(np.mean(parts), abs=1e-9)
    assert own.low < 0.6 < 0.97 < own.estimate


def test_a_loss_in_a_sum_is_turned_round():
    p = model([200, 100, 50], 20)
    single = evaluate(p, ["accuracy", "log_loss"], draws=200)
    own = evaluate_steps([Step(p)], {"accuracy": 1.0, "log_loss": 0.1}, draws=200).steps[0].nested
    assert own.low == pytest.approx(single["accuracy"].low - 0.1 * single["log_loss"].high)
    assert own.high == pytest.approx(single["accuracy"].high - 0.1 * single["log_loss"].low)


def test_a_sum_is_too_few_to_tell_where_a_term_is():
    p = model([60, 40, 30, 20], 6, k=5)
    score = {"accuracy": 0.5, "macro_f1": 0.5}
    found = evaluate_steps([Step(p)], score, draws=100)
    assert not evaluate(p, ["macro_f1"], draws=100)["macro_f1"].enough
    assert (found.steps[0].nested.enough, found.best.corrected.enough) == (False, False)
    assert "20% of the classes have no row" in found.steps[0].nested.how
    assert evaluate_steps([Step(p)], "accuracy", draws=100).steps[0].nested.enough


def test_every_rung_of_a_sum_gets_its_own_interval():
    a = model([200, 100, 50], 20)
    b = replace(model([200, 100, 50], 60), model="n")
    found = evaluate_steps([Step(a), Step(b)], {"accuracy": 0.5, "macro_f1": 0.5}, draws=100)
    first, second = (step.nested for step in found.steps)
    assert first.low <= first.estimate <= first.high
    assert second.estimate < first.low
