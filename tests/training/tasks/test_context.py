from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from evenhand.base.errors import EvenhandError, StoreError, TaskError
from evenhand.base.values import NO_LABEL
from evenhand.training.tasks.context import TaskContext

Make = Callable[..., SimpleNamespace]


def test_rows_that_could_not_be_decoded_have_no_sample(make_record: Make) -> None:
    rows = TaskContext.of(**make_record().common).rows
    assert len(rows) == 35
    assert 4 not in rows


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
    assert 0 not in parts.scored
    assert 4 not in parts.fit


def test_rows_of_another_size_must_have_been_encoded(make_record: Make) -> None:
    given = TaskContext.of(**make_record().common)
    assert given.entry(None)["image"].shape[1:] == (32, 32, 3)
    assert given.entry(48)["image"].shape[1:] == (48, 48, 3)
    with pytest.raises(TaskError, match="were not encoded at 99 px"):
        given.entry(99)


def test_rows_that_were_cleared_are_told(make_record: Make) -> None:
    made = make_record()
    with pytest.raises(StoreError, match="do not exist"):
        TaskContext.of(
            **{**made.common, "store": {"folder": str(made.store.folder.parent / "other"), "limit_bytes": None}}
        ).entry(None)


def test_a_record_that_is_none_is_told(make_record: Make) -> None:
    with pytest.raises(EvenhandError, match="there is no such folder"):
        TaskContext.of(**{**make_record().common, "record": "nowhere"})
