"""Thresholds per label against a search by hand, and the optimism of tuning them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, fbeta_score

from evenhand.base.values import Predictions
from evenhand.blending.calibrators.temperature import Temperature
from evenhand.blending.calibrators.thresholds import Thresholds, best_threshold
from evenhand.blending.core.spec import recipe
from evenhand.blending.nested_evaluation import nested_evaluation

SCORES = st.sampled_from((0.0, 1e-9, 0.2, 0.4999999, 0.5, 0.9, 0.9999999, 1.0))


@settings(max_examples=60)
@given(st.lists(st.tuples(SCORES, st.booleans()), min_size=1, max_size=20), st.sampled_from((0.5, 1.0, 2.0)))
def test_no_threshold_has_a_better_f_score_and_it_lies_at_one_half_afterwards(rows, beta):
    score, held = (np.array(column) for column in zip(*rows, strict=True))
    if not held.any():
        return
    found = best_threshold(score, held, beta=beta)
    assert 0 < found < 1
    every = [fbeta_score(held, score >= t, beta=beta) for t in np.unique(score) if t > 0]
    mine = fbeta_score(held, score >= found, beta=beta, zero_division=0)
    assert mine == pytest.approx(max(every, default=0.0))
    if held.all():
        return
    truth = held.astype(float)[:, None]
    made = Thresholds(beta=beta, least_positives=1).calibrate(score[:, None], truth, ["a"])
    moved = made.apply(score[:, None])[:, 0]
    assert fbeta_score(held, moved >= 0.5, beta=beta, zero_division=0) == pytest.approx(mine)
    # the order of the rows stays
    assert (np.diff(moved[np.argsort(score, kind="stable")]) >= 0).all()


def test_a_threshold_of_one_half_stays_where_none_is_better():
    score, held = np.array([0.1, 0.3, 0.7, 0.8]), np.array([False, False, True, True])
    assert best_threshold(score, held) == 0.5


def test_rare_and_constant_labels_keep_one_half_and_unknown_cells_do_not_count():
    rng = np.random.default_rng(0)
    truth = (rng.random((200, 4)) < (0.3, 0.01, 1.0, 0.3)).astype(float)
    p = np.clip(0.1 + 0.2 * truth + 0.05 * rng.normal(size=truth.shape), 0, 1)
    made = Thresholds().calibrate(p, truth, list("abcd"))
    assert made.thresholds[1] == made.thresholds[2] == 0.5
    assert 0.1 < made.thresholds[0] < 0.3
    hidden = np.where(rng.random(truth.shape) < 0.5, np.nan, truth)
    noise = np.where(np.isnan(hidden), rng.random(p.shape), p)
    left = Thresholds().calibrate(noise, hidden, list("abcd"))
    for c in (0, 3):
        known = ~np.isnan(hidden[:, c])
        alone = Thresholds().calibrate(p[known, c : c + 1], truth[known, c : c + 1], ["x"])
        assert left.thresholds[c] == alone.thresholds[0]
    assert set(made.document()["thresholds"]) == set("abcd")


def test_tuning_on_the_rows_themselves_is_optimistic_and_the_nested_figure_is_not():
    rng = np.random.default_rng(1)
    n, k = 300, 12
    truth = (rng.random((n, k)) < 0.06).astype(float)
    # Probabilities that say nothing: every gain of a tuned threshold on its own rows is optimism.
    p = Predictions(np.arange(n).astype(str), tuple("abcdefghijkl"), rng.random((n, k)) * 0.3, truth,
                    np.arange(n).astype(np.int16) % 5, model="m", origin="out-of-fold")  # fmt: skip
    found = nested_evaluation([p], ["equal+thresholds"], score="macro_f1", draws=200)
    step = found.step("ensemble:equal+thresholds")
    assert step.optimism.estimate > 0.01
    assert step.naive.estimate == pytest.approx(step.nested.estimate + step.optimism.estimate)
    each = [f1_score(truth[:, c], np.ones(n)) for c in range(k)]
    assert step.nested.estimate < np.mean(each) + 0.03


def test_they_are_for_several_labels_alone():
    assert recipe("equal+thresholds").refusal(several=True) == ""
    assert "Use bias, dirichlet, temperature or vector" in recipe("equal+thresholds").refusal(several=False)


def test_the_temperature_of_several_labels_is_found_from_the_known_ones():
    rng = np.random.default_rng(0)
    z = rng.normal(0, 2, (4000, 3))
    truth = (rng.random(z.shape) < 1 / (1 + np.exp(-z))).astype(float)
    truth[rng.random(z.shape) < 0.3] = np.nan
    sharp = 1 / (1 + np.exp(-2 * z))
    found = Temperature().calibrate(sharp, truth, list("abc"))
    assert found.temperature == pytest.approx(2, rel=0.1)
    assert found.apply(sharp) == pytest.approx(1 / (1 + np.exp(-z)), abs=0.05)
    assert np.isfinite(found.apply(np.array([[0.0, 1.0, 0.5]]))).all()
