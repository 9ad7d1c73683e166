"""Rows near to another: by features where there are any, else by probabilities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evenhand.base.errors import DataError, EvenhandError
from evenhand.base.seeds import generator
from evenhand.base.storage.record import Record
from evenhand.pipeline.stages.run_features import FrozenFeatures
from evenhand.review.rows.from_record import from_record
from evenhand.review.rows.nearest import NearestRows
from evenhand.review.server.cards import nearest_of

P = [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.7, 0.2, 0.1], [0.2, 0.7, 0.1], [0.6, 0.3, 0.1]]


def test_by_probabilities_without_a_run(make_rows) -> None:
    rows = make_rows([0, 1, 1, 1, 0], P)
    near = NearestRows(rows).of("r0", 3)
    assert near.positions == (2, 4, 3)
    assert near.by == "probabilities"
    found = nearest_of(rows, "r0", near)
    assert [(one["row"], one["label"], one["agrees"]) for one in found["rows"]] == [
        ("r2", ["birch"], False),
        ("r4", ["ash"], True),
        ("r3", ["birch"], False),
    ]
    assert found["words"] == "Nearest by probabilities: 1 of 3 have the same label."
    assert NearestRows(make_rows([0, 1])).of("r0", 3).positions == ()
    with pytest.raises(DataError, match="no row with the id"):
        NearestRows(rows).of("nobody", 3)


def test_it_is_the_coefficient_over_all_rows(make_rows) -> None:
    p = generator("nearest").dirichlet(np.full(3, 0.7), 300)
    rows = make_rows([0] * 300, p)
    of = np.sqrt(p.astype(np.float32))
    expected = np.argsort(-(of @ of[7]), kind="stable")
    assert list(NearestRows(rows).of("r7", 9).positions) == [at for at in expected if at != 7][:9]


def test_of_several_labels_every_yes_or_no_counts(make_rows) -> None:
    labels = [[1, 0, 0], [1, 0, 0], [0, 1, 0]]
    # the plain product of the first two is smaller than with the third, though they agree on what does not hold
    p = [[0.3, 0.01, 0.01], [0.35, 0.01, 0.01], [0.9, 0.9, 0.9]]
    assert NearestRows(make_rows(labels, p)).of("r0", 1).positions == (1,)


def test_by_features_once_they_are_read(make_rows) -> None:
    rows = make_rows([0, 1, 1, 1, 0], P)
    features = np.array([[0, 2], [3, 0.1], [0.1, 1], [1, 1]], dtype=np.float32)
    ids = np.array(["r4", "r3", "r0", "gone"], dtype=object)
    near = NearestRows(rows, lambda: FrozenFeatures(ids, features, "lite0"))
    near.wait()
    found = near.of("r0", 3)
    assert found.positions == (4, 3)
    assert found.by == "the features that lite0 starts from"
    assert near.of("r1", 1).by == "probabilities"  # it was not in the run


def test_features_that_there_are_not_leave_probabilities(make_rows) -> None:
    def read() -> FrozenFeatures:
        raise EvenhandError("The store was cleared.")

    near = NearestRows(make_rows([0, 1, 1, 1, 0], P), read)
    near.wait()
    assert near.of("r0", 3).by == "probabilities"


def test_copies_stand_elsewhere_on_the_card(record: Record) -> None:
    rows = from_record(record)
    frame = rows.samples.frame
    frame.loc[3, "content"] = frame.loc[0, "content"]
    assert rows.duplicates_of("r0") == ("r3",)
    assert 3 not in NearestRows(rows).of("r0", 5).positions
    same = nearest_of(rows, "r0", NearestRows(rows).of("r0", 5))["rows"]
    assert {one["row"] for one in same if one["same_group"]} == {"r1"}


def test_a_run_whose_store_is_gone_is_near_by_probabilities(record: Record, tmp_path: Path) -> None:
    near = NearestRows.of_record(from_record(record), record)
    assert near.of("r0", 1).by == "probabilities"
