import numpy as np
import pytest

import evenhand
from evenhand.base.values import Predictions
from evenhand.evaluation.figures.absent_classes import absent_classes, absent_words


def predictions(truth, names):
    rng = np.random.default_rng(0)
    table = rng.random((len(truth), len(names)))
    table = table if truth.ndim == 2 else table / table.sum(axis=1, keepdims=True)
    return Predictions(np.arange(len(truth)).astype(str), names, table, truth)


def test_classes_without_positives_are_left_out_of_means_and_named():
    truth = np.tile([1.0, 0.0, 0.0, np.nan], (30, 1))
    truth[::2, 0] = 0.0
    truth[3, 2] = 1.0
    p = predictions(truth, ("a", "b", "c", "d"))
    assert absent_classes(p) == ("b", "d")
    found = evenhand.evaluate(p, metrics=["average_precision", "average_precision[a]", "average_precision[c]"])
    assert found["average_precision"].estimate == pytest.approx(
        (found["average_precision[a]"].estimate + found["average_precision[c]"].estimate) / 2
    )
    assert found.absent == ("b", "d")
    sentence = "No row has one of these 2 classes of 4: b, d. Means over classes leave them out;"
    assert sentence in repr(found)
    assert sentence in found._repr_html_()
    assert found.document()["absent"] == ["b", "d"]


def test_with_one_label_a_row_they_are_named_too_and_elsewhere_nothing_is():
    assert absent_classes(predictions(np.array([0, 1, 1, -1]), ("a", "b", "c"))) == ("c",)
    assert absent_classes(predictions(np.array([-1, -1]), ("a", "b"))) == ()
    assert absent_words((), 5) == ""
    assert absent_words([f"c{i}" for i in range(40)], 50).partition(". ")[0].endswith("c10, c11 and 28 more")


def test_what_is_said_of_a_class_without_rows_holds_of_each_mean_where_it_is_predicted():
    truth = np.array([[1.0, 0.0], [0.0, 0.0], [1.0, 0.0], [0.0, 0.0]])
    proba = np.array([[0.9, 0.1], [0.1, 0.9], [0.8, 0.2], [0.3, 0.4]])
    leave, count = ["macro_recall", "average_precision", "roc_auc"], ["macro_f1", "macro_precision"]
    ids = np.arange(4).astype(str)
    found = evenhand.evaluate(Predictions(ids, ("x", "y"), proba, truth), metrics=leave + count)
    assert "leave it out; those of F1 and precision count it as 0 if it is predicted." in found.absent_words
    assert [found[name].estimate for name in leave] == [1, 1, 1]
    assert [found[name].estimate for name in count] == [0.5, 0.5]  # of 1 for x and 0 for y
    never = Predictions(ids, ("x", "y"), np.minimum(proba, [1, 0.4]), truth)
    assert [evenhand.evaluate(never, metrics=count)[name].estimate for name in count] == [1, 1]


def test_beside_a_hamming_loss_stands_that_of_no_label():
    rng = np.random.default_rng(0)
    truth = (rng.random((100, 3)) < 0.1).astype(float)
    found = evenhand.evaluate(predictions(truth, ("a", "b", "c")), metrics=["hamming", "macro_f1", "log_loss"])
    assert found.no_label["hamming"].estimate == pytest.approx(truth.mean())
    assert found.no_label["macro_f1"].estimate == 0
    assert "log_loss" not in found.no_label  # no label is no forecast
    assert found.document()["no_label"]["hamming"]["estimate"] == pytest.approx(truth.mean())
    one = evenhand.evaluate(predictions(np.array([0, 1, 2] * 10), ("a", "b", "c")), metrics=["accuracy"])
    assert one.no_label is None
