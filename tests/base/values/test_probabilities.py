"""A value of predictions is checked as a file is."""

from dataclasses import replace

import numpy as np
import pytest

from evenhand.base.errors import DataError
from evenhand.base.values import Predictions

HALF = np.array([[0.25, 0.75], [0.5, 0.5]])
GOOD = {"ids": np.array(["a", "b"], dtype=object), "classes": ("x", "y"), "probabilities": HALF}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"probabilities": 2 * HALF}, r"1 probabilities are not in 0..1 \(first: 1.5, id \"a\", class \"y\"\)"),
        ({"probabilities": HALF / 2}, r"of 2 of 2 rows do not sum to 1 \(id \"a\": 0.5\).*several_labels = True"),
        ({"probabilities": np.log(HALF)}, "not in 0..1 .*logarithms through exp"),
        ({"probabilities": HALF * np.array([[1, 1], [np.nan, 1]])}, r"1 probabilities are not numbers .*id \"b\""),
        ({"probabilities": HALF * np.array([[1, 1], [np.inf, 1]])}, "1 probabilities are not numbers"),
        ({"probabilities": HALF[:1]}, r"Probabilities are \(1, 2\); 2 ids and 2 classes need \(2, 2\)"),
        ({"probabilities": HALF[:, 0]}, r"Probabilities are \(2,\)"),
        ({"ids": np.array(["a", "a"], dtype=object)}, r"1 ids occur more than once \(first: \"a\"\)"),
        ({"ids": np.array(["a", None], dtype=object)}, "1 ids are missing"),
        ({"classes": ("x", "x")}, "1 classes occur more than once"),
        ({"truth": np.array([0, 2])}, r"first: 2, id \"b\"\); there are 2 classes, numbered from 0"),
        ({"truth": np.array([0, -2])}, r"first: -2"),
        ({"truth": np.array([0, 0.5])}, r"first: 0.5"),
        ({"truth": np.array([0, np.nan])}, r"first: nan"),
        ({"truth": np.array([0])}, r"The truth is \(1,\) for 2 rows and 2 classes"),
        ({"truth": np.array(["x", "y"])}, r"evenhand.evaluate\(y_true"),
        ({"truth": np.array([[0, 1], [2, 0]])}, r"truth of id \"b\", class \"x\", is 2"),
        ({"fold": np.array([0])}, r"Folds are \(1,\) for 2 rows"),
        ({"groups": np.array(["g"], dtype=object)}, r"Groups are \(1,\) for 2 rows"),
        ({"logits": HALF[:1]}, r"Logits are \(1, 2\)"),
    ],
)
def test_what_is_not_a_prediction_is_refused_in_words(change, words):
    with pytest.raises(DataError, match=words):
        Predictions(**(GOOD | change))
    with pytest.raises(DataError, match=words):
        replace(Predictions(**GOOD), **change)


def test_what_rounding_did_is_put_right():
    p = Predictions(**GOOD | {"probabilities": np.array([[-1e-9, 1 + 1e-9], [0.495, 0.5]])})
    assert p.probabilities.min() == 0
    assert np.allclose(p.probabilities.sum(axis=1), 1, atol=1e-8)
    assert Predictions(**GOOD).probabilities is HALF


def test_lists_will_do():
    p = Predictions(["a", "b"], ["x", "y"], HALF.tolist(), [0, 1], groups=["g", "h"])
    assert len(p.take(np.array([1]))) == 1
    assert p.classes == ("x", "y")


def test_where_several_labels_hold_rows_need_not_sum_to_one():
    several = np.array([[0.9, 0.8], [0.1, 0.0]])
    truth = np.array([[1.0, 1.0], [np.nan, 0.0]])
    assert Predictions(**GOOD | {"probabilities": several, "truth": truth}).multi_label
    assert Predictions(**GOOD | {"probabilities": several}, several_labels=True).multi_label
    with pytest.raises(DataError, match="sum to 1"):
        Predictions(**GOOD | {"probabilities": several})


def test_parts_of_what_was_checked_are_not_checked_again(monkeypatch):
    p = Predictions(**GOOD)
    monkeypatch.setattr(Predictions, "_check", lambda self, **_: pytest.fail("checked again"))
    assert replace(p, model="m").take(np.array([1, 0])).take(np.array([True, False])).ids.tolist() == ["b"]


def test_rows_may_be_drawn_again_and_again():
    drawn = Predictions(**GOOD).take(np.array([0, 0]))
    assert replace(drawn, groups=np.array(["g", "h"], dtype=object)).ids.tolist() == ["a", "a"]
