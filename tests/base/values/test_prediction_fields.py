"""What `Predictions` takes and refuses beside probabilities and truth."""

import numpy as np
import pandas as pd
import pytest

import evenhand
from evenhand.base.errors import DataError
from evenhand.base.values import TEST, Predictions

P = np.array([[0.7, 0.3], [0.2, 0.8]])
IDS = np.array(["a", "b"], dtype=object)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"fold": ["0", "1"]}, "Folds are whole numbers.*these are str"),
        ({"fold": [0, 0.5]}, r"1 are not \(first: 0.5\)"),
        ({"fold": [0, -2]}, r"first: -2"),
        ({"fold": [0, 40_000]}, "first: 40000"),
        ({"probabilities": P.astype(str)}, "Probabilities must be real numbers; these are str"),
        ({"probabilities": P.astype(complex)}, "Probabilities must be real numbers; these are complex128"),
        ({"probabilities": np.array([["x", 1], [0, 1]], dtype=object)}, "must be real numbers; these are object"),
        ({"logits": P * np.nan}, r"4 logits are not numbers"),
        ({"logits": P[:1]}, r"Logits are \(1, 2\)"),
        ({"logits": [["a", "b"], ["c", "d"]]}, "Logits must be real numbers"),
        ({"origin": "oof"}, "oof"),
        ({"ids": ["", "b"]}, "1 ids are empty"),
        ({"classes": ("x", "")}, r"class 1 \(counted from 0\) is empty"),
        ({"classes": ("x", None)}, "is empty"),
        ({"classes": (1, "1")}, "more than once"),
        ({"classes": "xy"}, "one string"),
    ],
)
def test_what_does_not_fit_ends_in_a_sentence(fields, words):
    with pytest.raises(DataError, match=words):
        Predictions(**{"ids": IDS, "classes": ("x", "y"), "probabilities": P, **fields})


def test_what_can_be_meant_is_taken():
    p = Predictions(
        IDS,
        (0, 1.0),
        P.round().astype(bool),
        fold=[0, TEST],
        groups=["g", "g"],
        logits=[[1, 2], [3, 4]],
        truth=[0, 1],
    )
    assert p.classes == ("0", "1")
    assert p.fold.dtype == np.int16
    assert (p.probabilities.dtype, p.logits.dtype) == (np.float64, np.float64)
    assert Predictions(IDS, ("x", "y"), P.astype(object), fold=np.array([0, 1], object)).fold.tolist() == [0, 1]
    assert evenhand.evaluate(p, ["recall[0]"])["recall[0]"].estimate == 1


@pytest.mark.parametrize("missing", [None, np.nan, "", pd.NA])
def test_rows_without_a_group_are_groups_of_their_own(missing):
    groups = np.array([missing] * 120 + ["s"] * 60 + ["t"] * 60, dtype=object)
    ids = np.array([f"r{i}" for i in range(240)], dtype=object)
    p = Predictions(ids, ("x", "y"), np.tile(P, (120, 1)), truth=np.arange(240) % 2, groups=groups)
    assert len(set(p.groups)) == 122
    assert p.groups[:2].tolist() == ["id:r0", "id:r1"]
    of_arrays = evenhand.evaluate(p.truth, p.probabilities, ["accuracy"], groups=groups, draws=50)
    of_value = evenhand.evaluate(p, ["accuracy"], draws=50)
    assert of_value["accuracy"].document() == of_arrays["accuracy"].document()


def test_numbers_of_groups_stay_the_same_names_beside_gaps():
    p = Predictions(IDS, ("x", "y"), P, groups=np.array([12.0, np.nan]))
    assert p.groups.tolist() == ["12", "id:b"]
