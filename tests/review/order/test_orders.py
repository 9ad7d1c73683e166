"""What every order must keep, and what each puts first."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from evenhand.base.errors import EvenhandError
from evenhand.base.values import Finding
from evenhand.evaluation.figures.confident_learning import suspected_labels
from evenhand.review.order.registry import ORDERS
from evenhand.review.rows.review_rows import ReviewRows
from evenhand.review.rows.source import ProbabilitySource

Rows = Callable[..., ReviewRows]
NAN = float("nan")
NAMES = ["by_class", "disagreement", "findings", "margin", "random", "suspicion"]


def ranked(rows: ReviewRows, name: str, seed: int = 0) -> list[str]:
    return [str(row) for row in rows.ids[ORDERS[name].rank(rows, seed=seed)]]


def test_the_orders_are_found_by_name() -> None:
    assert ORDERS.names() == NAMES
    with pytest.raises(EvenhandError, match=r'no order of review named "suspicoin"'):
        ORDERS["suspicoin"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("several", [False, True])
def test_every_order_has_every_row_once_whatever_is_missing(name: str, several: bool, make_rows: Rows) -> None:
    rng = np.random.default_rng(0)
    n = 40
    labels = rng.integers(-1, 3, n)
    if several:
        labels = rng.choice([0.0, 1.0, NAN], (n, 3))
    p = rng.dirichlet(np.ones(3), n)
    p[::4] = NAN
    source = rng.choice(["out_of_fold", "in_sample", "fold_ensemble"], n)
    reported = [Finding("EH102", "warning", "Blank.", ids=("r7", "r3", "gone"))]
    full = make_rows(labels, p, reported=reported, source=source)
    for rows in (full, make_rows(labels), make_rows(labels[:1]), make_rows(labels[:0])):
        order = ORDERS[name].rank(rows)
        assert sorted(order.tolist()) == list(range(len(rows)))
        assert ORDERS[name].rank(rows).tolist() == order.tolist()
    assert bool(ORDERS[name].lacks(make_rows(labels))) == (name not in ("by_class", "random"))


def test_classes_come_one_after_the_other_and_a_row_of_several_comes_once(make_rows: Rows) -> None:
    assert ranked(make_rows([2, 0, -1, 1, 0]), "by_class") == ["r1", "r4", "r3", "r0", "r2"]
    several = make_rows([[0, 0, 0], [0, 1, 1], [1, 0, 1], [0, 0, 1]])
    assert ranked(several, "by_class") == ["r2", "r1", "r3", "r0"]


def test_random_depends_on_the_seed_alone(make_rows: Rows) -> None:
    rows = make_rows([0, 1] * 20)
    assert ranked(rows, "random") == ranked(rows, "random")
    assert ranked(rows, "random") != ranked(rows, "random", seed=1)


def test_the_smallest_margin_comes_first(make_rows: Rows) -> None:
    p = [[0.9, 0.1, 0.0], [0.4, 0.35, 0.25], [NAN] * 3, [0.5, 0.5, 0.0]]
    rows = make_rows([0, 0, 0, 0], p)
    assert ranked(rows, "margin") == ["r3", "r1", "r0", "r2"]
    several = make_rows([[0, 1, 0]] * 3, [[0.0, 1.0, 0.9], [0.45, 1.0, 1.0], [0.0, 0.7, 0.0]])
    assert ranked(several, "margin") == ["r1", "r2", "r0"]
    assert ranked(make_rows([0, 0], [[1.0], [1.0]], classes=["only"]), "margin") == ["r0", "r1"]


def test_the_rows_of_severe_findings_come_first_and_stay_together(make_rows: Rows) -> None:
    reported = [
        Finding("EH109", "note", "Suspected.", ids=("r5", "r1")),
        Finding("EH103", "warning", "Many copies.", ids=("r0", "r4", "r2", "r1")),
        Finding("EH102", "warning", "Blank.", ids=("r4",)),
        Finding("EH105", "error", "Apart.", ids=("gone", "r3", "r0")),
        Finding("EH107", "error", "A rare class."),
    ]
    rows = make_rows([0] * 7, reported=reported)
    assert ranked(rows, "findings") == ["r3", "r0", "r4", "r2", "r1", "r5", "r6"]


def test_suspected_labels_stand_in_the_order_of_the_doctor_s_list(make_rows: Rows) -> None:
    rng = np.random.default_rng(1)
    rows = make_rows(rng.integers(0, 3, 200), rng.dirichlet(np.full(3, 0.5), 200))
    suspects = suspected_labels(rows.predictions(np.ones(200, dtype=bool)))["id"].tolist()
    assert 20 < len(suspects) < 180
    order = ranked(rows, "suspicion")
    assert [row for row in order if row in set(suspects)] == suspects


def test_rows_that_a_model_saw_come_after_all_others_and_unlabelled_ones_last(make_rows: Rows) -> None:
    wrong, right = [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]
    source = ["in_sample", "out_of_fold", "fold_ensemble", "out_of_fold", "out_of_fold", ""]
    rows = make_rows([0, 0, 0, -1, 1, 0], [wrong, right, wrong, wrong, wrong, wrong], source=source)
    assert ranked(rows, "suspicion") == ["r2", "r4", "r1", "r0", "r3", "r5"]


def test_of_several_labels_the_least_likely_one_decides(make_rows: Rows) -> None:
    labels = [[1, 0, 0], [1, 0, 1], [0, 1, 0], [0, 1, 1], [NAN, NAN, NAN], [0, 0, NAN]]
    p = [[0.9, 0.1, 0.1], [0.8, 0.1, 0.02], [0.1, 0.8, 0.9], [0.2, 0.9, 0.9], [0.9, 0.9, 0.9], [0.1, 0.1, 0.9]]
    order = ranked(make_rows(labels, p), "suspicion")
    assert order[:2] == ["r1", "r2"]  # cedar holds though it is unlikely, and does not though it is likely
    assert order[-1] == "r4"


def test_a_class_that_the_model_does_not_know_is_not_suspected(make_rows: Rows) -> None:
    rows = make_rows([2, 2, 0, 1], [[1.0, 0, 0], [0.9, 0.1, 0], [0.2, 0.8, 0], [0.1, 0.9, 0]])
    assert ranked(rows, "suspicion") == ["r2", "r3", "r0", "r1"]


def test_models_that_differ_come_first(make_rows: Rows) -> None:
    rows = make_rows([0, 0, 0], [[1.0, 0, 0]] * 3, source=ProbabilitySource.FOLD_ENSEMBLE)
    object.__setattr__(rows, "disagreement", np.array([0.1, np.nan, 0.4]))
    assert ranked(rows, "disagreement") == ["r2", "r0", "r1"]
