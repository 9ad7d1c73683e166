"""Rows and folds of two runs: what may differ, and what makes a comparison meaningless."""

import numpy as np
import pandas as pd
import pytest

from evenhand.base.values import Folds, Samples
from evenhand.pipeline.ablation.same_folds import RowsAndFolds, apart, incomparable

LABELS = np.array([0, 1, 1, 0, 1, 0])


def of(classes, labels=LABELS):
    ids = np.array([f"r{i}" for i in range(len(labels))], dtype=object)
    samples = Samples(pd.DataFrame({"id": ids}), tuple(classes), np.asarray(labels))
    return RowsAndFolds(samples, Folds(ids, np.array([0, 0, 0, 1, 1, 1], dtype=np.int16), 2))


@pytest.mark.parametrize("compared", [apart, incomparable])
@pytest.mark.parametrize(
    ("classes", "labels"), [("ab", LABELS), ("abc", LABELS), ("xayb", 2 * LABELS + 1), ("cab", LABELS + 1)]
)
def test_classes_without_rows_may_come_and_go(compared, classes, labels):
    assert compared(of("ab"), of(classes, labels)) == ""
    assert compared(of(classes, labels), of("ab")) == ""


@pytest.mark.parametrize("classes", ["ab", "xab"])
@pytest.mark.parametrize(("one", "other"), [(np.nan, 0.0), (0.0, np.nan), (np.nan, 1.0)])
def test_a_label_that_is_not_known_is_no_no(classes, one, other):
    base, changed = np.eye(2)[LABELS], np.eye(2)[LABELS]
    base[2, 0], changed[2, 0] = one, other
    column = np.zeros((len(LABELS), len(classes) - 2))  # of a class without rows, first
    found = of("ab", base), of(classes, np.hstack([column, changed]))
    assert apart(*found) == "labels are others"
    assert incomparable(*found) == "1 row have another label"
    same = of("ab", base), of(classes, np.hstack([column, base]))
    assert apart(*same) == incomparable(*same) == ""


def test_other_classes_and_other_labels_are_refused():
    assert apart(of("ab"), of("ac")) == "the classes are others"
    assert incomparable(of("ab"), of("ac")) == "the classes are others"
    assert apart(of("ab"), of("abc", [0, 1, 2, 0, 1, 0])) == "the classes are others"
    assert apart(of("ab"), of("cab", [1, 2, 2, 1, 2, 2])) == "labels are others"
    assert incomparable(of("ab"), of("cab", [1, 2, 2, 1, 2, 2])) == "1 row have another label"
