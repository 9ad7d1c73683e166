"""Early decisions: a confidence is chosen on other folds, and reaches its target where it can."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.base.errors import DataError
from evenhand.base.values import Predictions
from evenhand.pipeline.earliness.decisions import decide

STEPS = np.array([10, 20, 40])


def world(seed: int, n: int = 900, skill: tuple[float, ...] = (0.5, 1.5, 4.0)) -> tuple[Predictions, np.ndarray]:
    """Return rows of two classes whose log odds grow with the steps seen, honestly calibrated."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, n)
    table = []
    for d in skill:  # of two normal distributions d apart, whose log odds are d times the value
        x = rng.normal(size=n) + d * (truth - 0.5)
        p = 1 / (1 + np.exp(-d * x))
        table.append(np.column_stack([1 - p, p]))
    whole = Predictions(
        np.arange(n).astype(str), ("a", "b"), table[-1], truth, fold=(np.arange(n) % 3).astype(np.int16)
    )
    return whole, np.stack(table)


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_the_target_is_reached_on_rows_that_did_not_choose(seed: int) -> None:
    p, table = world(seed)
    made = decide(p, table, STEPS, 0.9, draws=200)
    assert made.precision is not None
    assert made.precision.estimate > 0.86
    assert made.decided > 0.5 * len(p)
    assert set(made.steps) <= {-1, 10, 20, 40}
    easier = decide(p, table, STEPS, 0.7, draws=200)
    assert easier.decided >= made.decided
    assert easier.median_step <= made.median_step


def test_a_row_has_no_part_in_choosing_its_own_confidence() -> None:
    p, table = world(1)
    before = decide(p, table, STEPS, 0.9, draws=100)
    spoiled = table.copy()
    own = np.asarray(p.fold) == 0
    spoiled[:, own] = spoiled[:, own][:, :, ::-1]  # fold 0 is wrong about everything
    after = decide(p, spoiled, STEPS, 0.9, draws=100)
    assert after.thresholds[0] == before.thresholds[0]
    assert after.thresholds[1] > before.thresholds[1]


def test_where_no_confidence_reaches_the_target_nothing_is_decided() -> None:
    p, table = world(2)
    made = decide(p, np.full_like(table, 0.5), STEPS, 0.99, draws=100)
    assert (made.decided, made.precision, made.document()["median_step"]) == (0, None, None)
    assert made.document()["thresholds"] == [None, None, None]


def test_rows_without_folds_are_refused() -> None:
    p, table = world(3)
    with pytest.raises(DataError, match="at least two folds"):
        decide(Predictions(p.ids, p.classes, p.probabilities, p.truth), table, STEPS, 0.9)


def test_a_shorter_row_is_decided_at_its_end() -> None:
    p, table = world(3)
    lengths = np.where(np.arange(len(p)) % 2, 15, 40)
    made = decide(p, table, STEPS, 0.9, lengths=lengths, draws=100)
    plain = decide(p, table, STEPS, 0.9, draws=100)
    assert (made.thresholds, made.decided) == (plain.thresholds, plain.decided)
    short = (lengths == 15) & (plain.steps > 0)
    assert set(made.steps[short]) == {10, 15}
    assert np.array_equal(made.steps[~short], plain.steps[~short])
