from dataclasses import replace

import numpy as np
import pytest

from evenhand.base.errors import DataError
from evenhand.base.values import NO_LABEL, Predictions
from evenhand.evaluation.comparison.agreement import agreement
from evenhand.evaluation.comparison.changes import changes
from evenhand.evaluation.comparison.compare import compare_predictions
from evenhand.evaluation.comparison.versions import compare_versions


@pytest.fixture
def pair(predictions):
    old = replace(predictions(400, skill=1.0, groups=40), model="old")
    better = predictions(400, skill=3.0, groups=40)
    return old, replace(old, probabilities=better.probabilities, model="new")


def test_rows_and_classes_are_matched_by_name(pair):
    old, new = pair
    order = np.random.default_rng(0).permutation(len(new))[:300]
    turned = new.take(order)
    turned = replace(
        turned,
        classes=turned.classes[::-1],
        probabilities=turned.probabilities[:, ::-1],
        truth=turned.k - 1 - turned.truth,
    )
    found = compare_predictions([old, turned], ["accuracy"], draws=100)
    direct = compare_predictions([old.take(np.sort(order)), new.take(np.sort(order))], ["accuracy"], draws=100)
    assert found.verdicts[0].document() == direct.verdicts[0].document()
    assert (found.n, found.left_out) == (300, {"old": 100, "new": 0})


def test_a_class_that_no_row_has_may_be_missing_in_one_of_them(pair):
    old, new = pair
    wide = np.column_stack([np.full(len(new), 1e-3), new.probabilities])
    wider = replace(new, classes=("z", *new.classes), probabilities=wide, truth=new.truth + 1)
    found = compare_predictions([old, wider], ["accuracy", "macro_f1"], draws=100)
    direct = compare_predictions([old, new], ["accuracy", "macro_f1"], draws=100)
    for one, other in zip(found.verdicts, direct.verdicts, strict=True):
        assert one.difference.estimate == pytest.approx(other.difference.estimate, abs=1e-12)
    # accuracy asks for no class; an average over classes counts one without rows among those not seen
    assert [one.word for one in found.verdicts] == ["better", "too few to tell"]
    unknown = replace(wider, truth=None)
    with pytest.raises(DataError, match='only "new" has z'):
        compare_predictions([old, unknown], ["accuracy"], draws=50)


def test_the_truth_of_one_serves_all_and_unknown_rows_are_left_out(pair):
    old, new = pair
    half = replace(old, truth=np.where(np.arange(400) < 300, old.truth, NO_LABEL))
    found = compare_predictions([half, replace(new, truth=None)], draws=50)
    assert found.n == 300
    assert found.verdicts[0].word == "better"


def test_every_pair_and_metric_is_one_family(pair):
    third = replace(pair[0], model="third")
    found = compare_predictions([*pair, third], ["accuracy", "log_loss"], against="all", draws=50)
    assert [(v.base, v.name) for v in found.verdicts[::2]] == [("old", "new"), ("old", "third"), ("new", "third")]
    assert list(found.table()["metric"]) == ["accuracy", "log_loss"] * 3
    assert len(found.changes) == 3
    assert found.document()["verdicts"][0]["a"] == "new"


def test_changes_of_several_labels_count_rows_that_are_right_as_a_whole_and_cells():
    """ "276 rows unchanged (0 right)" was about rows with every label right, and did not say so."""
    truth = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, np.nan]])
    ids = np.array(["a", "b", "c"], dtype=object)
    old = Predictions(ids, ("x", "y"), np.array([[0.9, 0.9], [0.9, 0.1], [0.1, 0.1]]), truth, model="old")
    found = changes(old, replace(old, probabilities=np.array([[0.9, 0.1], [0.1, 0.1], [0.1, 0.9]]), model="new"))
    assert str(found) == (
        "new against old: 2 rows unchanged (0 with all labels right), 1 improved, 0 worsened, net +1. "
        "Of 5 label cells 2 became right and 0 wrong, net +2."
    )
    assert found.document()["cells"] == {"known": 5, "became_right": 2, "became_wrong": 0}


def test_a_label_gains_by_its_own_positives_whatever_becomes_of_the_other_labels_of_a_row():
    truth = np.array([[1, 1], [1, 1], [1, 0], [0, np.nan], [0, 1]], dtype=float)
    old = [[0.1, 0.9], [0.1, 0.1], [0.9, 0.9], [0.1, 0.1], [0.1, 0.9]]
    new = [[0.9, 0.1], [0.9, 0.1], [0.1, 0.9], [0.9, 0.9], [0.1, 0.1]]
    ids = np.array(list("abcde"), dtype=object)
    base = Predictions(ids, ("x", "y"), np.array(old), truth, model="old")
    found = changes(base, replace(base, probabilities=np.array(new), model="new"))
    assert found.improved == ()  # no row became right as a whole
    assert found.by_class.to_dict(orient="records") == [
        {"class": "y", "rows": 3, "improved": 0, "worsened": 2, "net": -2, "gain": -2 / 3, "false_positives": 0},
        {"class": "x", "rows": 3, "improved": 2, "worsened": 1, "net": 1, "gain": 1 / 3, "false_positives": 1},
    ]


def test_changes_name_rows_classes_and_groups(pair):
    found = changes(*pair)
    old_right, new_right = (p.predicted == p.truth for p in pair)
    assert set(found.improved) == set(pair[0].ids[~old_right & new_right])
    assert set(found.worsened) == set(pair[0].ids[old_right & ~new_right])
    assert found.unchanged + len(found.improved) + len(found.worsened) == 400
    for table in (found.by_class, found.by_group):
        assert table["rows"].sum() == 400
        assert table["net"].sum() == found.net == new_right.sum() - old_right.sum()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda p: replace(p, model="old"), 'Two of the models are named "old"'),
        (lambda p: replace(p, ids=p.ids + "x"), "No row is common to all"),
        (lambda p: replace(p, classes=("a", "b", "c", "z")), 'only "old" has d'),
        (lambda p: replace(p, truth=(p.truth + 1) % 4), "disagree on the truth of 400 rows .* --versions"),
    ],
)
def test_what_cannot_be_compared_is_told(pair, spoil, words):
    with pytest.raises(DataError, match=words):
        compare_predictions([pair[0], spoil(pair[1])], draws=20)


def test_a_better_test_is_not_taken_for_a_better_model(pair):
    old, _ = pair
    wrong = np.flatnonzero(old.predicted != old.truth)[:60]
    cleaned = old.truth.copy()
    cleaned[wrong] = old.predicted[wrong]
    rows = np.arange(400) < 390
    after = replace(old, truth=cleaned, model="after").take(rows)
    found = compare_versions(old, after, "accuracy", draws=200)
    assert (found.relabelled, found.only_before) == (int((wrong < 390).sum()), 10)
    assert found.labels.word == "better"
    assert found.model.difference.estimate == 0
    steps = found.rows_left + found.labels.difference.estimate + found.model.difference.estimate + found.rows_come
    assert steps == pytest.approx(found.after - found.before)
    assert "for the model" in str(found)
    assert set(found.ids) == set(old.ids[wrong[wrong < 390]])


def test_answers_are_held_against_each_other_without_truth(pair):
    old, new = (replace(p, truth=None) for p in pair)
    found = agreement(old, new.take(np.arange(350)))
    same = old.predicted[:350] == new.predicted[:350]
    assert (found.n, found.same, found.only_a, found.only_b) == (350, same.sum(), 50, 0)
    assert set(found.rows["id"]) == set(old.ids[:350][~same])
    assert found.table.to_numpy().sum() == 350
    assert agreement(old, replace(old, model="again")).kappa == 1
    assert sum(cell["rows"] for cell in found.document()["table"]) == 350


def test_answers_of_several_labels_are_the_same_where_all_labels_are():
    """The most probable label of each row was compared, and accuracies said to differ by no more."""
    ids = np.array(["a", "b", "c"], dtype=object)
    old = Predictions(
        ids, ("x", "y"), np.array([[0.9, 0.8], [0.9, 0.1], [0.4, 0.1]]), model="old", several_labels=True
    )
    new = replace(old, probabilities=np.array([[0.9, 0.3], [0.8, 0.1], [0.3, 0.2]]), model="new")
    found = agreement(old, new)
    assert found.rows[["id", "a", "b"]].to_numpy().tolist() == [["a", "x|y", "x"]]
    assert found.rows["confidence_b"].tolist() == [0.7]
    assert found.table.to_numpy().tolist() == [[3, 0], [1, 2]]
    assert str(found) == (
        "old and new predict the same labels for 2 of 3 rows (66.7%), and agree on 83.3% of 6 label cells; "
        "whatever the truth, their shares of rows with all labels right differ by at most 0.333."
    )
    assert found.document()["table"][0] == {"a": "no", "b": "no", "cells": 3}
