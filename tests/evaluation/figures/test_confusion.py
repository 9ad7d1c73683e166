from dataclasses import replace

import numpy as np
from sklearn.metrics import confusion_matrix as theirs

from evenhand.base.values import Predictions
from evenhand.evaluation.figures.confusion import confidently_wrong, confusion_matrix, confusions


def test_the_matrix_is_scikit_learns(predictions):
    p = predictions(300, 5)
    assert (confusion_matrix(p) == theirs(p.truth, p.predicted, labels=range(5))).all()


def test_unknown_rows_are_not_in_it(predictions):
    p = predictions(50, 3)
    half = replace(p, truth=np.where(np.arange(50) < 25, p.truth, -1))
    assert confusion_matrix(half).sum() == 25


def test_the_most_frequent_come_first_with_the_surest_rows():
    probabilities = np.array([[0.4, 0.6], [0.1, 0.9], [0.7, 0.3], [0.8, 0.2]])
    p = Predictions(np.array(["q", "r", "s", "t"], dtype=object), ("x", "y"), probabilities, np.array([0, 0, 1, 0]))
    first, second = confusions(p, most_ids=1)
    assert (first.truth, first.predicted, first.count, first.ids) == ("x", "y", 2, ("r",))
    assert first.share == 2 / 3
    assert (second.truth, second.predicted, second.count, second.share) == ("y", "x", 1, 1.0)
    assert len(confusions(p, most=1)) == 1


def test_no_mistake_is_no_confusion(predictions):
    p = predictions(20, 3)
    p = replace(p, probabilities=np.eye(3)[p.truth])
    assert confusions(p) == []
    assert confidently_wrong(p) == []


def test_the_surest_mistakes_come_first(predictions):
    p = predictions(100, 3)
    found = confidently_wrong(p, most=5)
    sure = [mistake["confidence"] for mistake in found]
    assert sure == sorted(sure, reverse=True)
    assert len(found) == 5
    assert all(mistake["truth"] != mistake["predicted"] for mistake in found)


def test_of_several_labels_the_farthest_from_its_truth_is_the_mistake():
    probabilities = np.array([[0.9, 0.8], [0.4, 0.1]])
    truth = np.array([[1.0, 0.0], [0.0, 0.0]])
    p = Predictions(np.array(["q", "r"], dtype=object), ("x", "y"), probabilities, truth)
    (found,) = confidently_wrong(p)
    assert found == {"id": "q", "truth": "not y", "predicted": "y", "confidence": 0.8}
