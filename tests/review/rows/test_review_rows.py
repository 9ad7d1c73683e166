"""Rows of a review: labels by name, findings and duplicates of each, and probabilities that belong to it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from evenhand.base.errors import DataError
from evenhand.base.values import Finding, Folds, Predictions, Samples
from evenhand.review.rows.review_rows import ReviewRows
from evenhand.review.rows.source import ProbabilitySource
from evenhand.review.rows.with_predictions import with_predictions

NAN = float("nan")
Rows = Callable[..., ReviewRows]


def test_labels_are_names_and_a_row_without_one_has_none(make_rows: Rows) -> None:
    assert make_rows([2, -1, 0]).labels == [("cedar",), (), ("ash",)]
    several = make_rows([[1, 0, 1], [0, 0, 0], [NAN, 1, NAN], [NAN, NAN, NAN]])
    assert several.labels == [("ash", "cedar"), (), ("birch",), ()]
    assert make_rows(np.zeros(0, dtype=int)).labels == []


def test_the_frame_begins_with_what_a_review_shows_and_hides_no_column_of_the_source() -> None:
    frame = pd.DataFrame({"id": ["a", "b"], "path": ["1", "2"], "label": ["x", "y"], "shop": ["s", "t"]})
    frame["group"] = ["g", None]
    folds = Folds(np.array(["b", "a"], dtype=object), np.array([-1, 0], dtype=np.int16), 1)
    shown = ReviewRows.of(Samples(frame, ("x", "y"), np.array([0, 1])), folds=folds).frame
    assert list(shown.columns) == ["id", "path", "group", "fold", "label", "table:label", "shop"]
    assert shown["fold"].tolist() == ["0", "test"]
    assert shown["group"].tolist() == ["g", ""]
    assert shown["label"].tolist() == [("x",), ("y",)]


def test_a_row_is_found_by_its_id_or_refused_in_words(make_rows: Rows) -> None:
    rows = make_rows([0, 1])
    assert rows.position("r1") == 1
    assert "r1" in rows
    assert "r2" not in rows
    with pytest.raises(DataError, match=r'no row with the id "r2" among the 2 rows'):
        rows.position("r2")


def test_findings_are_those_about_rows_that_are_there(make_rows: Rows) -> None:
    blank = Finding("EH102", "warning", "Blank.", ids=("r1", "gone", "r0", "r1"))
    more, about_none = Finding("EH102", "warning", "Small.", ids=("r0", "r2")), Finding("EH107", "note", "Rare.")
    rows = make_rows([0, 1, 2], reported=[blank, about_none, more])
    assert rows.findings == {"EH102": ("r1", "r0", "r2")}
    assert rows.findings_of("r0") == (blank, more)
    assert rows.findings_of("r1") == (blank,)
    assert rows.findings_of("gone") == (blank,)


def test_duplicates_are_rows_of_the_same_bytes_or_family() -> None:
    ids = np.array(list("abcdef"), dtype=object)
    frame = pd.DataFrame({"id": ids, "path": ids, "content": ["1", "2", "1", "3", "", ""]})
    families = np.array([None, None, "f", "f", None, None], dtype=object)
    folds = Folds(ids, np.zeros(6, dtype=np.int16), 1, families=families)
    rows = ReviewRows.of(Samples(frame, ("x", "y"), np.zeros(6, dtype=int)), folds=folds)
    assert [rows.duplicates_of(row) for row in ids] == [("c",), (), ("a", "d"), ("c",), (), ()]


def test_probabilities_fill_rows_that_have_none_and_bring_their_classes(make_rows: Rows) -> None:
    rows = make_rows([0, 1, 2], [[0.7, 0.2, 0.1], [NAN] * 3, [NAN] * 3])
    ids = np.array(["r1", "r0", "elsewhere"], dtype=object)
    p = Predictions(ids, ("birch", "elm"), np.array([[0.25, 0.75], [1.0, 0.0], [0.5, 0.5]]), model="new")
    filled = with_predictions(rows, p, ProbabilitySource.FOLD_ENSEMBLE)
    assert filled.classes == ("ash", "birch", "cedar", "elm")
    np.testing.assert_allclose(filled.probabilities[0], [0.7, 0.2, 0.1, 0.0], atol=1e-6)
    np.testing.assert_allclose(filled.probabilities[1], [0.0, 0.25, 0.0, 0.75])
    assert np.isnan(filled.probabilities[2]).all()
    assert filled.source.tolist() == ["out_of_fold", "fold_ensemble", ""]
    assert filled.held_out.tolist() == [True, True, False]
    assert filled.model == "m"
    # A model that does not know cedar says nothing about who is one.
    truth = with_predictions(make_rows([2, 1]), p, ProbabilitySource.IN_SAMPLE).predictions(np.array([True, True]))
    assert truth.truth is not None
    assert truth.truth.tolist() == [-1, 1]


def test_the_source_of_each_row_is_its_own(make_rows: Rows) -> None:
    p = Predictions(np.array(["r0", "r1", "r2"], dtype=object), ("ash", "birch"), np.full((3, 2), 0.5))
    places = np.array(["in_sample", "", "fold_ensemble"], dtype=object)
    rows = with_predictions(make_rows([0, 1, 0]), p, places)
    assert rows.source.tolist() == ["in_sample", "", "fold_ensemble"]
    assert rows.held_out.tolist() == [False, False, True]
    assert rows.predicted.tolist() == [True, False, True]
    assert {of.words for of in ProbabilitySource} >= {"out of fold", "no model"}


def test_lengths_that_do_not_fit_are_refused(make_rows: Rows) -> None:
    rows = make_rows([0, 1])
    with pytest.raises(DataError, match=r"Probabilities are \(1, 3\); 2 rows and 3 classes"):
        ReviewRows(rows.samples, rows.classes, rows.fold, rows.probabilities[:1], rows.source)
    with pytest.raises(DataError, match="a fold, a source and a disagreement for each of 2 rows"):
        ReviewRows(rows.samples, rows.classes, rows.fold[:1], rows.probabilities, rows.source)
    with pytest.raises(DataError, match="must begin with those of its samples"):
        ReviewRows(rows.samples, ("elm",), rows.fold, rows.probabilities, rows.source)
