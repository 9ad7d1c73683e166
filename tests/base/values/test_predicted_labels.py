"""The labels that predictions assign: one class a row, or all labels above one half."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score

from evenhand.base.values import Predictions
from evenhand.evaluation.figures.calibration import row_confidence

NAMES = ("red", "black, matte", "größe")


def several(n: int = 40) -> Predictions:
    rng = np.random.default_rng(0)
    ids, truth = np.arange(n).astype(str), rng.integers(0, 2, (n, 3)).astype(float)
    return Predictions(ids, NAMES, rng.random((n, 3)), truth)


def test_all_labels_above_one_half_are_predicted() -> None:
    table = np.array([[0.9, 0.6, 0.1], [0.2, 0.4, 0.3], [0.5, 0.1, 0.5]])
    p = Predictions(["a", "b", "c"], NAMES, table, several_labels=True)
    assert p.frame()["predicted"].tolist() == ["red|black, matte", "", "red|größe"]
    assert p.frame(separator=";")["predicted"].tolist() == ["red;black, matte", "", "red;größe"]
    assert p.frame()["confidence"].tolist() == pytest.approx([0.6, 0.6, 0.5])


def test_the_most_probable_class_is_predicted_where_one_holds() -> None:
    p = Predictions(["a", "b"], NAMES, np.array([[0.4, 0.3, 0.3], [0.1, 0.2, 0.7]]))
    assert p.frame()["predicted"].tolist() == ["red", "größe"]
    assert p.frame()["confidence"].tolist() == [0.4, 0.7]
    assert p.indicator.tolist() == [[True, False, False], [False, False, True]]


def test_the_indicator_is_what_scikit_learn_takes() -> None:
    p = several()
    assert f1_score(p.truth, p.indicator, average="macro", zero_division=0.0) > 0
    assert p.frame()["confidence"].to_numpy() == pytest.approx(row_confidence(p.probabilities, several=True))


def test_no_rows_give_an_empty_table() -> None:
    assert several().take(np.zeros(0, dtype=np.int64)).frame().empty
