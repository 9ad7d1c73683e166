from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from evenhand.base.errors import EvenhandError, StoreError, TaskError
from evenhand.base.values import NO_LABEL
from evenhand.training.tasks.context import TaskContext

Make = Callable[..., SimpleNamespace]


def test_rows_are_counted_as_in_the_store(make_record: Make) -> None:
    made = make_record()
    given = TaskContext.of(**made.common)
    assert given.labels[4] == NO_LABEL  # could not be decoded
    assert given.labels[5] == 5 % 3
    assert 4 not in given.rows
    assert given.weights is None


def test_weights_and_shares_follow_their_rows(make_record: Make) -> None:
    made = make_record(several=True)
    given = TaskContext.of(**made.common)
    assert np.isnan(given.labels[4]).all()
    weighted = replace(given, samples=replace(given.samples, weights=np.arange(35.0)))
    assert weighted.weights[5] == 4.0


def test_parts_hold_no_row_twice_and_train_on_no_locked_row(make_record: Make) -> None:
    given = TaskContext.of(**make_record().common)
    parts = given.parts(1)
    together = np.concatenate([parts.fit, parts.validation, parts.test])
    assert sorted(together) == list(range(35))
    assert len(parts.test) == 6


def test_rows_without_a_label_are_predicted_and_not_trained_on(make_record: Make) -> None:
    given = TaskContext.of(**make_record().common)
    labels = given.samples.labels.copy()
    labels[[0, 4]] = NO_LABEL
    parts = replace(given, samples=replace(given.samples, labels=labels)).parts(0)
    assert 0 in parts.validation
    assert 0 not in parts.judge
    assert 4 not in parts.fit


def test_rows_of_another_size_must_have_been_encoded(make_record: Make) -> None:
    given = TaskContext.of(**make_record().common)
    assert given.entry(None)["image"].shape[1:] == (32, 32, 3)
    assert given.entry(48)["image"].shape[1:] == (48, 48, 3)
    with pytest.raises(TaskError, match="were not encoded at 99 px"):
        given.entry(99)


def test_rows_that_were_cleared_are_told(make_record: Make) -> None:
    made = make_record()
    with pytest.raises(StoreError, match="are not there"):
        TaskContext.of(**{**made.common, "store": str(made.store.folder.parent / "other")}).entry(None)


def test_a_record_that_is_none_is_told(make_record: Make) -> None:
    with pytest.raises(EvenhandError, match="there is no such folder"):
        TaskContext.of(**{**make_record().common, "record": "nowhere"})
