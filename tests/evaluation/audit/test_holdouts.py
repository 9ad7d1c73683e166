import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, log_loss

from evenhand.evaluation.audit.holdouts import (
    drawn_figures,
    holdout,
    one_by_one,
    part_figures,
    several_of,
    stratified,
)
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows
from evenhand.evaluation.metrics.build import ask


def rows(n: int = 200, k: int = 4) -> EvaluatedRows:
    rng = np.random.default_rng(2)
    truth = rng.integers(0, k, n)
    return EvaluatedRows(tuple("abcd"), 0.8 * rng.dirichlet(np.ones(k), n) + 0.2 * np.eye(k)[truth], truth)


def test_parts_are_scored_as_scikit_learn_scores_them():
    judged = rows()
    group = np.arange(200) % 7
    (f1, loss) = ask(judged, ["macro_f1", "log_loss"], {}, {})
    chosen = np.zeros((7, 2))
    chosen[[0, 3], 0] = 1
    chosen[5, 1] = 1
    for column, members in enumerate(([0, 3], [5])):
        inside = np.isin(group, members)
        truth, table = judged.truth[inside], judged.probabilities[inside]
        wanted = f1_score(truth, table.argmax(1), average="macro")
        assert part_figures(f1, group, 7, chosen)[column] == pytest.approx(wanted)
        assert part_figures(loss, group, 7, chosen)[column] == pytest.approx(
            log_loss(truth, table, labels=range(4))
        )


def test_one_by_one_is_each_unit_alone_whatever_the_batch():
    (f1,) = ask(rows(), ["macro_f1"], {}, {})
    group = np.arange(200) % 9
    alone = np.concatenate([part_figures(f1, group, 9, np.eye(9)[:, [g]]) for g in range(9)])
    assert np.allclose(one_by_one(f1, group, 9), alone)
    assert np.allclose(one_by_one(f1, group, 9, batch=2), alone)


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 8))
def test_as_many_units_are_held_out_as_asked_for(units, held, draws):
    picked = several_of(units, held)(np.random.default_rng(0), draws)
    assert picked.shape == (units, draws)
    assert (picked.sum(axis=0) == min(units, held)).all()


def test_every_class_loses_the_same_share():
    stratum = np.repeat([0, 1, 2], [100, 10, 1])
    picked = stratified(stratum, 0.2)(np.random.default_rng(0), 5)
    assert (picked[stratum == 0].sum(0) == 20).all()
    assert (picked[stratum == 1].sum(0) == 2).all()
    assert (picked[stratum == 2].sum(0) == 1).all()


def test_draws_do_not_depend_on_anything_but_the_seed():
    (f1,) = ask(rows(), ["macro_f1"], {}, {})
    group = np.arange(200) % 9
    first, again, other = (drawn_figures(f1, group, 9, several_of(9, 3), draws=50, seed=s) for s in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_a_summary_counts_what_is_below_the_floor():
    found = holdout("parts", np.array([0.9, 0.7, np.nan, 0.8, 0.5]), 0.75)
    assert (found.draws, found.below, found.lowest, found.median) == (4, 2, 0.5, pytest.approx(0.75))
    loss = holdout("parts", np.array([0.9, 0.7, 0.8, 0.5]), 0.75, higher_is_better=False)
    assert (loss.below, loss.lowest) == (2, 0.9)


def test_where_nothing_is_defined_it_says_so():
    found = holdout("parts", np.array([np.nan]), 0.5)
    assert found.draws == 0
    assert found.document()["median"] is None
