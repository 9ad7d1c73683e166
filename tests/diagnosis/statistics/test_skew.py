import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.values import Samples
from evenhand.diagnosis.statistics.skew import effective_number, skew_summary


def samples(labels, classes, **columns):
    frame = pd.DataFrame({"id": [str(i) for i in range(len(labels))], **columns})
    return Samples(frame, tuple(classes), np.asarray(labels))


def test_counts_groups_and_ratio_of_single_labels():
    skew = skew_summary(samples([0, 0, 0, 1, -1], "ab", group=["g", "g", "h", "h", "h"]))
    assert skew.table.to_dict("records") == [
        {"class": "a", "rows": 3, "share": 0.75, "groups": 2},
        {"class": "b", "rows": 1, "share": 0.25, "groups": 1},
    ]
    assert (skew.n, skew.unlabelled, skew.ratio, skew.groups) == (5, 1, 3.0, 2)
    assert str(skew).startswith(
        "5 rows in 2 groups, 1 without a label; 2 classes, the largest 3.0 times the smallest"
    )


def test_several_labels_count_each():
    skew = skew_summary(samples(np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 0.0]]), "ab"))
    assert skew.table["rows"].tolist() == [2.0, 1.0]
    assert skew.unlabelled == 1
    assert str(skew).startswith("3 rows, 1 of no class; 2 classes")
    assert skew.document()["classes"][0]["class"] == "a"


def test_shares_of_several_labels_are_of_the_rows_in_which_they_are_known():
    """They were of all labels, under the head "share" beside a number of rows."""
    skew = skew_summary(samples(np.array([[1.0, 1.0], [1.0, 0.0], [1.0, np.nan], [0.0, np.nan]]), "ab"))
    assert skew.table["share"].tolist() == [0.75, 0.5]


def test_an_empty_class_does_not_make_the_ratio_infinite():
    assert skew_summary(samples([0, 0, 1], "abc")).ratio == 2.0


def test_no_labels_at_all():
    skew = skew_summary(samples([-1, -1], "ab"))
    assert np.isnan(skew.ratio)
    assert skew.effective_classes == 0


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=20))
def test_effective_classes_lie_between_one_and_k(counts):
    number = effective_number(np.array(counts))
    assert 1 - 1e-9 <= number <= len(counts) + 1e-9
    assert effective_number(np.full(len(counts), 7)) == pytest.approx(len(counts))
