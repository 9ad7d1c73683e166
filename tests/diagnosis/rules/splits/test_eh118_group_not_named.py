from dataclasses import replace

import numpy as np
import pytest

from evenhand.diagnosis import examine


def with_column(case, **columns):
    frame = case.samples.frame.drop(columns=["group"], errors="ignore").assign(**columns)
    return replace(case, samples=replace(case.samples, frame=frame))


def found_in(case):
    return examine(case, ["EH118"]).findings


def test_a_column_of_senders_is_named_with_a_patch(make):
    senders = [f"s{i % 37}" for i in range(200)]
    (found,) = found_in(with_column(make(rows=200, classes=3), sender_id=senders))
    assert (found.severity, found.about, found.patch) == ("warning", "sender_id", {"data.group": "sender_id"})
    assert '"sender_id" looks like a group (37 values in 200 rows)' in found.message


def test_many_values_that_recur_are_enough_whatever_the_name(make):
    (found,) = found_in(with_column(make(rows=200, classes=3), quelle=[f"q{i % 41}" for i in range(200)]))
    assert found.about == "quelle"


@pytest.mark.parametrize(
    "column",
    [
        [f"{i}" for i in range(200)],  # an id
        ["a", "b"] * 100,  # too few values
        [f"{i % 40 / 7:.3f}" for i in range(200)],  # a measurement
        None,  # what follows from the class
    ],
)
def test_other_columns_are_no_groups(make, column):
    case = make(rows=200, classes=3)
    values = column if column is not None else [f"coarse {c // 2}" for c in case.samples.labels]
    assert examine(with_column(case, other=values), ["EH118"]).passed == ("EH118",)


def test_it_is_silent_where_a_group_is_named(make):
    case = make(rows=200, classes=3)
    frame = case.samples.frame.assign(group=np.arange(200) % 50, sender_id=np.arange(200) % 37)
    assert not found_in(replace(case, samples=replace(case.samples, frame=frame.astype({"group": str}))))


def test_a_column_that_is_used_for_something_else_is_no_group(make):
    case = with_column(make(rows=200, classes=3), session=[f"s{i % 9}" for i in range(200)])
    assert found_in(case)
    assert not found_in(replace(case, config={"folds": {"test": {"column": "session", "value": "s1"}}}))


def test_the_classes_before_they_were_renamed_are_no_group(make):
    case = make(rows=200, classes=3)
    fine = [f"class {c} {i % 12}" for i, c in enumerate(case.samples.labels)]
    assert found_in(with_column(case, folder=fine))
    renamed = {word: word[:7] for word in fine}
    assert not found_in(replace(with_column(case, folder=fine), config={"data": {"rename": renamed}}))


def test_two_spellings_of_a_class_are_no_groups(make):
    case = make(rows=200, classes=25)
    names = tuple(f"\u00e9 {c}" for c in range(25))
    folder = [f"e\u0301 {c}" if i % 3 else f"\u00e9 {c}" for i, c in enumerate(case.samples.labels)]
    case = replace(case, samples=replace(case.samples, classes=names))
    assert not found_in(with_column(case, folder=folder))
