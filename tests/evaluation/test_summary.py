from dataclasses import replace

import numpy as np
import pytest

from evenhand.base.errors import DataError
from evenhand.base.storage.files.atomic import to_json
from evenhand.evaluation.summary import classes_by_group, per_class, summarize


def test_the_document_holds_what_the_report_draws(predictions):
    p = predictions(120, 3, groups=10)
    test = replace(predictions(40, 3, groups=5, seed=1), origin="test")
    document = summarize([("oof", p), ("test", test)], headline="m", draws=200)
    assert list(document) == ["classes", "headline", "entries", "classes_by_group"]
    first, second = document["entries"]
    assert (first["name"], first["set"], first["n"], first["groups"]) == ("m", "oof", 120, 10)
    assert (second["set"], second["n"]) == ("test", 40)
    assert np.sum(first["confusion"]) == 120
    assert set(first["pairs"][0]) == {"truth", "predicted", "count", "share", "ids"}
    assert set(first["confidently_wrong"][0]) == {"id", "truth", "predicted", "confidence"}
    assert set(first["reliability"][0]) == {"low", "high", "confidence", "accuracy", "n"}
    assert set(first["per_class"][0]) == {"class", "n", "groups", "predicted", "precision", "recall", "f1"}
    to_json(document)


def test_classes_say_how_many_rows_groups_and_predictions_they_have(predictions):
    p = predictions(120, 3, groups=10)
    for c, line in enumerate(per_class(p, draws=200)):
        assert line["n"] == (p.truth == c).sum()
        assert line["predicted"] == (p.predicted == c).sum()
        assert line["groups"] == len(set(p.groups[p.truth == c]))
        assert line["recall"]["estimate"] == pytest.approx((p.predicted[p.truth == c] == c).mean())


def test_a_class_without_rows_cannot_be_estimated(predictions):
    p = predictions(50, 3)
    line = per_class(replace(p, truth=np.zeros(50, dtype=int)), draws=200)[1]
    assert (line["n"], line["groups"], line["recall"]["estimate"]) == (0, 0, None)


def test_groups_show_rows_and_right_ones_largest_first(predictions):
    p = predictions(100, 3, groups=8)
    table = classes_by_group(p, most=3)
    rows, right = np.array(table["rows"]), np.array(table["right"])
    assert rows.shape == (3, 3)
    assert table["left_out"] == 5
    assert (np.diff(rows.sum(axis=0)) <= 0).all()
    inside = p.groups == table["groups"][0]
    assert rows[:, 0].sum() == inside.sum()
    assert right[:, 0].sum() == (p.predicted == p.truth)[inside].sum()


def test_several_labels_have_no_confusion_matrix(predictions):
    p = predictions(60, 3)
    several = replace(p, truth=np.eye(3)[p.truth])
    entry = summarize([("oof", several)], headline="m", draws=200)["entries"][0]
    assert entry["confusion"] == entry["pairs"] == []
    assert len(entry["per_class"]) == 3


def test_without_groups_there_is_no_table_of_them(predictions):
    assert summarize([("oof", predictions(30, 3))], headline="m", draws=200)["classes_by_group"] is None


def test_an_unknown_headline_is_told_in_words(predictions):
    with pytest.raises(DataError, match='no predictions of "x"; there are: m'):
        summarize([("oof", predictions(30, 3))], headline="x")


def test_each_entry_tells_of_classes_that_lie_mostly_in_one_group(predictions):
    p = predictions(90, 3, groups=9)
    uneven = replace(p, groups=np.where(p.truth == 2, "one", p.groups.astype(str)))
    (entry,) = summarize([("oof", uneven)], headline="m", draws=50)["entries"]
    assert [(found["class"], found["group"]) for found in entry["heaviest"]] == [(p.classes[2], "one")]
