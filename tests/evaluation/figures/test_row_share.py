import numpy as np
from sklearn.metrics import accuracy_score

from evenhand.base.values import Predictions
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows, rows_of
from evenhand.evaluation.figures.evaluate import evaluate
from evenhand.evaluation.figures.row_share import right_rows, share


def predictions(n: int = 90, k: int = 3, groups: int = 12) -> Predictions:
    rng = np.random.default_rng(1)
    names = np.array([f"r{i}" for i in range(n)], dtype=object)
    classes = tuple(f"c{c}" for c in range(k))
    groups_of = np.array([f"g{g}" for g in rng.integers(0, groups, n)], dtype=object)
    return Predictions(names, classes, rng.dirichlet(np.ones(k), n), rng.integers(0, k, n), groups=groups_of)


def test_the_share_of_right_rows_is_the_accuracy_with_the_same_interval():
    p = predictions()
    found = share(right_rows(rows_of(p)), p, draws=300)
    assert np.isclose(found.estimate, accuracy_score(p.truth, p.predicted))
    accuracy = evaluate(p, ["accuracy"], draws=300)["accuracy"]
    assert np.allclose([found.low, found.high], [accuracy.low, accuracy.high])
    assert (found.n, found.groups) == (accuracy.n, accuracy.groups)


def test_with_several_labels_a_row_is_right_when_all_are():
    rows = EvaluatedRows(("a", "b"), np.array([[0.9, 0.9], [0.9, 0.1]]), np.array([[1, 1], [1, 1]]))
    assert right_rows(rows).tolist() == [True, False]
