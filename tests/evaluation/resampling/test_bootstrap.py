from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import f1_score

from evenhand.base.seeds import generator
from evenhand.evaluation.core.evaluated_rows import rows_of
from evenhand.evaluation.figures.evaluate import ONE_LABEL
from evenhand.evaluation.metrics.build import ask
from evenhand.evaluation.resampling.bootstrap import bootstrap
from evenhand.evaluation.resampling.resampling_units import group_numbers, units_for

ALL = [*ONE_LABEL, "top_2", "recall[a]", "precision[d]"]


def measures(p, names):
    return ask(rows_of(p), names, {}, {})


def test_a_replicate_is_the_figure_of_the_rows_that_were_drawn(predictions):
    p = predictions(150, 4, groups=12)
    groups = group_numbers(p.groups, len(p))
    asked = measures(p, ALL)
    replicates = bootstrap(asked, groups, draws=20, seed=3)
    units = units_for(asked[0].features, groups)
    times = units.multiplicities(generator(3, "bootstrap"), 20)
    for draw in range(20):
        rows = np.repeat(np.arange(150), times[groups, draw].astype(int))
        again = replace(
            p,
            ids=np.arange(len(rows)).astype(str).astype(object),
            probabilities=p.probabilities[rows],
            truth=p.truth[rows],
            groups=p.groups[rows],
            fold=None,
        )
        for position, one in enumerate(measures(again, ALL)):
            if ALL[position] != "calibration_error":  # its bins are those of the whole sample
                assert replicates[position, draw] == pytest.approx(one.estimate(), nan_ok=True), ALL[position]


def test_grouped_replicates_equal_scikit_learns_on_the_same_draws(predictions):
    p = predictions(300, 4, groups=20)
    groups = group_numbers(p.groups, len(p))
    asked = measures(p, ["macro_f1"])
    ours = bootstrap(asked, groups, draws=30)[0]
    times = units_for(asked[0].features, groups).multiplicities(generator(0, "bootstrap"), 30)
    theirs = [
        f1_score(p.truth, p.predicted, sample_weight=times[groups, draw], average="macro", zero_division=0)
        for draw in range(30)
    ]
    assert ours == pytest.approx(theirs)


def test_drawing_kinds_of_rows_has_the_same_distribution_as_drawing_rows(predictions):
    p = predictions(400, 3)
    (one,) = measures(p, ["macro_f1"])
    assert units_for(one.features, None).probabilities is not None
    by_kind = bootstrap([one], None, draws=4000)[0]
    rng = np.random.default_rng(5)
    by_row = []
    for _ in range(400):
        rows = rng.integers(0, 400, 400)
        by_row.append(f1_score(p.truth[rows], p.predicted[rows], average="macro"))
    assert by_kind.mean() == pytest.approx(np.mean(by_row), abs=0.003)
    assert by_kind.std() == pytest.approx(np.std(by_row), rel=0.15)
    assert np.quantile(by_kind, [0.05, 0.95]) == pytest.approx(np.quantile(by_row, [0.05, 0.95]), abs=0.015)


def test_memory_changes_no_figure(predictions):
    p = predictions(100, 4, groups=9)
    groups = group_numbers(p.groups, 100)
    large = bootstrap(measures(p, ALL), groups, draws=50)
    small = bootstrap(measures(p, ALL), groups, draws=50, budget_bytes=1000)
    assert np.allclose(large, small, rtol=1e-12, atol=0, equal_nan=True)


def test_the_same_seed_gives_the_same_replicates(predictions):
    p = predictions(100, 4)
    one, again, other = (bootstrap(measures(p, ALL), None, draws=10, seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(one, again, equal_nan=True)
    assert not np.array_equal(one, other, equal_nan=True)
