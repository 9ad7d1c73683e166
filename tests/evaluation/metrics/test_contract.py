"""What every metric keeps to, whoever adds one: its figures and its intervals lie within its own bounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import matthews_corrcoef

from evenhand.base.values import Predictions
from evenhand.evaluation.core.metric import Metric, Numbered
from evenhand.evaluation.figures.evaluate import evaluate
from evenhand.evaluation.metrics import METRICS
from evenhand.evaluation.metrics.metric_names import MetricNameError
from evenhand.evaluation.selection.nested import Step, evaluate_steps

CLASSES = ("a", "b", "c")


def resolved(name: str) -> tuple[str, Metric]:
    """Return a metric by a name that can be asked for."""
    found = METRICS.get(name)
    if isinstance(found, Numbered):
        number = max(found.lowest, min(2, found.highest))
        return name.replace("_k", f"_{number}"), found.at(number)
    return (f"{name}[b]" if found.of_class else name), found


def predictions(seed: int, *, skill: float, several: bool, n: int = 60, groups: int = 12) -> Predictions:
    rng = np.random.default_rng(seed)
    own = rng.choice(3, n, p=(0.7, 0.25, 0.05))
    group = np.array([f"g{at}" for at in rng.integers(0, groups, n)], dtype=object)
    said = rng.dirichlet(np.ones(3), n)
    shown = np.abs(skill) * np.eye(3)[own if skill >= 0 else (own + 1) % 3] + (1 - np.abs(skill)) * said
    if several:
        truth = (rng.random((n, 3)) < 0.4).astype(float)
        return Predictions(
            np.arange(n).astype(str), CLASSES, np.clip(np.abs(truth - 0.4), 0, 1), truth, groups=group
        )
    return Predictions(np.arange(n).astype(str), CLASSES, shown, own, groups=group)


@pytest.mark.parametrize("name", METRICS.names())
def test_figures_and_intervals_stay_within_the_bounds_of_a_metric(name: str) -> None:
    asked, metric = resolved(name)
    low, high = metric.bounds
    assert np.isfinite(low)
    assert low < high
    several = metric.labels == "several"
    for seed, skill in enumerate((-1.0, -0.6, 0.0, 0.3, 0.9, 1.0)):
        for groups in (5, 12):
            p = predictions(seed, skill=skill, several=several, groups=groups)
            found = evaluate(p, [asked], draws=200)[asked]
            if not np.isfinite(found.estimate):
                continue
            assert low <= found.low <= found.estimate <= found.high <= high, (skill, found)


@pytest.mark.parametrize("name", METRICS.names())
@pytest.mark.parametrize("unknown", [0.0, 0.4])
def test_several_labels_with_unknown_cells_are_measured_or_refused_in_words(name: str, unknown: float) -> None:
    asked, metric = resolved(name)
    p = predictions(3, skill=0.5, several=True)
    truth = np.where(np.random.default_rng(0).random(p.truth.shape) < unknown, np.nan, p.truth)
    truth[:, 0] = 0.0  # a class without a row
    p = replace(p, truth=truth)
    if metric.labels == "one":
        with pytest.raises(MetricNameError, match="is for data with one label per row"):
            evaluate(p, [asked], draws=200)
        return
    found = evaluate(p, [asked], draws=200)[asked]
    assert metric.lower_bound <= found.low <= found.estimate <= found.high <= metric.upper_bound
    other = replace(p, probabilities=np.where(np.isnan(truth), 1 - p.probabilities, p.probabilities))
    assert evaluate(other, [asked], draws=200)[asked].estimate == pytest.approx(found.estimate)


@pytest.mark.parametrize("name", [name for name in METRICS.names() if resolved(name)[1].labels != "several"])
def test_the_selection_report_stays_within_them_too(name: str) -> None:
    asked, metric = resolved(name)
    steps = [Step(predictions(1, skill=skill, several=False)) for skill in (-0.8, 0.2)]
    for step in evaluate_steps(steps, {asked: 1.0}, draws=200).steps:
        for figure in (step.nested, step.naive):
            if np.isfinite(figure.estimate):
                assert metric.lower_bound <= figure.low <= figure.high <= metric.upper_bound


@pytest.mark.parametrize("skill", [-1.0, -0.5, 0.0, 0.4, 1.0])
def test_matthews_is_scikit_learns(skill: float) -> None:
    for seed in range(20):
        p = predictions(seed, skill=skill, several=False, n=40)
        found = evaluate(p, ["matthews"], draws=200)["matthews"].estimate
        assert found == pytest.approx(matthews_corrcoef(p.truth, p.predicted), abs=1e-12)


def test_matthews_of_a_constant_answer_is_zero_and_may_be_negative() -> None:
    truth = np.repeat([0, 1, 2], 10)
    constant = Predictions(np.arange(30).astype(str), CLASSES, np.tile([0.8, 0.1, 0.1], (30, 1)), truth)
    assert evaluate(constant, ["matthews"], draws=200)["matthews"].estimate == 0
    wrong = Predictions(np.arange(30).astype(str), CLASSES, np.eye(3)[(truth + 1) % 3], truth)
    found = evaluate(wrong, ["matthews"], draws=200)["matthews"]
    assert found.estimate == pytest.approx(-0.5)
    assert found.low < -0.5
