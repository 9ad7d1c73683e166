from dataclasses import replace

import numpy as np
import pytest

from evenhand.base.errors import DataError
from evenhand.base.values import Predictions
from evenhand.evaluation.comparison.compare import compare_predictions
from evenhand.evaluation.comparison.untouched import untouched


def model(ids: str, classes: str, truth: list[int] | None) -> Predictions:
    p = np.full((len(ids), len(classes)), 1 / len(classes))
    known = None if truth is None else np.array(truth)
    return Predictions(np.array(list(ids), dtype=object), tuple(classes), p, truth=known, model=ids)


def test_rows_with_another_label_or_with_none_are_left_out_of_all():
    before, after = model("pqrst", "ab", [0, 1, 0, 1, -1]), model("tsrqu", "bac", [1, 0, 2, 0, 0])
    left, touched = untouched([before, after])
    # "q" is b in both, though classes stand in another order; "r" became c, "t" was not known
    assert touched == ("r", "t")
    assert [p.ids.tolist() for p in left] == [["p", "q", "s"], ["s", "q", "u"]]
    assert untouched([before, model("pq", "ab", None)])[1] == ()


def test_a_class_that_new_rows_brought_does_not_hinder_a_comparison_on_the_others():
    rng = np.random.default_rng(0)
    ids, truth = np.array([f"r{i}" for i in range(60)], dtype=object), rng.integers(0, 2, 60)
    before = Predictions(ids[:50], ("a", "b"), np.eye(2)[truth[:50]], truth=truth[:50], model="before")
    labels = np.where(np.arange(60) < 50, truth, 2)
    after = Predictions(ids, ("a", "b", "c"), np.eye(3)[labels], truth=labels, model="after")
    found = compare_predictions([before, after], ["accuracy"], draws=20)
    assert (found.n, found.left_out) == (50, {"before": 0, "after": 10})
    known = replace(before, ids=ids[10:])  # rows of the class are common now
    with pytest.raises(DataError, match='only "after" has c'):
        compare_predictions([replace(known, truth=None), after], ["accuracy"], draws=20)


def test_of_several_labels_all_must_be_the_same():
    several = [
        Predictions(
            np.array(["p", "q", "r"], dtype=object), ("a", "b"), np.full((3, 2), 0.5), truth=np.array(truth)
        )
        for truth in ([[1.0, 1.0], [0.0, np.nan], [0.0, 0.0]], [[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    ]
    assert untouched(several)[1] == ("p",)


def test_versions_without_a_common_label_are_refused():
    with pytest.raises(DataError, match="All 2 rows have other labels"):
        untouched([model("pq", "ab", [0, 1]), model("pq", "ab", [1, 0])])
