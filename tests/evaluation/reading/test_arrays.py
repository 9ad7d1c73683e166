import numpy as np
import pandas as pd
import pytest

from evenhand.base.errors import DataError
from evenhand.base.values import NO_LABEL
from evenhand.evaluation.figures.evaluate import evaluate
from evenhand.evaluation.reading.arrays import figures_table, predictions_from

HALF = [[0.9, 0.1], [0.2, 0.8]]


def test_arrays_become_predictions():
    p = predictions_from(np.array(HALF), [0, 1], groups=["s", "t"], fold=[0, 1], model="m", origin="out-of-fold")
    assert p.classes == ("0", "1")
    assert p.ids.tolist() == ["0", "1"]
    assert p.truth.tolist() == [0, 1]
    assert (p.groups.tolist(), p.fold.tolist(), p.origin) == (["s", "t"], [0, 1], "out-of-fold")


def test_a_frame_names_classes_and_rows():
    frame = pd.DataFrame(HALF, columns=["cat", "dog"], index=["x", "y"])
    p = predictions_from(frame, pd.Series(["dog", None], index=["x", "y"]))
    assert (p.classes, p.ids.tolist()) == (("cat", "dog"), ["x", "y"])
    assert p.truth.tolist() == [1, NO_LABEL]


def test_truth_may_be_names_positions_or_gaps():
    assert predictions_from(HALF, [np.nan, 1.0]).truth.tolist() == [NO_LABEL, 1]
    assert predictions_from(HALF, [1, 2], classes=["1", "2"]).truth.tolist() == [0, 1]
    assert predictions_from(HALF, [1, -1], classes=["cat", "dog"], positions=True).truth.tolist() == [1, NO_LABEL]
    assert predictions_from(HALF, [True, False]).truth.tolist() == [1, 0]
    assert predictions_from(HALF, ["dog", None], classes=["cat", "dog"]).truth.tolist() == [1, NO_LABEL]
    assert predictions_from(HALF, [1, 0], classes=["1", "0"], positions=True).truth.tolist() == [1, 0]


@pytest.mark.parametrize("truth", [["0", "1"], ["cat", "1"], ["cat", 1], [2, 1], [0, 1], [True, False], [1.0, 0.0]])
def test_numbers_among_names_are_never_positions(truth):
    with pytest.raises(DataError, match=r"(has|have) the label"):
        predictions_from(HALF, truth, classes=["cat", "dog"])


def test_rows_without_a_group_are_groups_of_their_own():
    p = predictions_from(HALF, groups=[None, "None"])
    assert p.groups.tolist() == ["id:0", "None"]


def test_a_series_is_aligned_with_the_frame():
    frame = pd.DataFrame(HALF, columns=["cat", "dog"], index=["x", "y"])
    p = predictions_from(frame, pd.Series(["dog", "cat"], index=["y", "x"]))
    assert p.truth.tolist() == [0, 1]


@pytest.mark.parametrize("given", [[0, 1], [1, 0], np.array([0, 1], np.uint8), [False, True], pd.Series([0, 1])])
def test_numbers_of_a_label_encoder_are_no_positions_unless_said_so(given):
    """LabelEncoder numbers classes by the alphabet; columns of a frame may come in any other order."""
    frame = pd.DataFrame(HALF, columns=["dog", "bird"])
    with pytest.raises(DataError, match=r"use --positions \(positions = True in Python\)"):
        predictions_from(frame, given)
    assert predictions_from(frame, given, positions=True).truth.tolist() == [int(one) for one in given]


def test_a_shuffled_series_beside_a_frame_with_a_default_index_is_refused():
    rng = np.random.default_rng(3)
    y = pd.Series(rng.choice(["cat", "dog"], 300)).sample(frac=1, random_state=3)
    p = pd.DataFrame(np.eye(2)[(y == "dog").astype(int)], columns=["cat", "dog"])
    with pytest.raises(DataError, match=r"default index 0, 1, 2.*y\.to_numpy\(\)"):
        predictions_from(p, y)
    with pytest.raises(DataError, match="default index"):
        predictions_from(p, y.to_numpy(), groups=pd.Series(np.arange(300)).sample(frac=1, random_state=4))
    for right in (predictions_from(p, y.to_numpy()), predictions_from(p.set_axis(y.index), y.sort_index())):
        assert (right.truth == right.predicted).all()
    rest = pd.Series(["cat", "dog"], index=[70, 51])  # what train_test_split leaves: other labels, by position
    assert predictions_from(pd.DataFrame(HALF, columns=["cat", "dog"]), rest).truth.tolist() == [0, 1]


def test_a_frame_of_truth_is_a_column_or_a_column_for_each_class():
    names = ["cat", "dog"]
    column = pd.DataFrame({"label": ["dog", "cat"]})
    assert predictions_from(HALF, column, classes=names).truth.tolist() == [1, 0]
    assert predictions_from(HALF, np.array([["dog"], ["cat"]]), classes=names).truth.tolist() == [1, 0]
    one_hot = pd.DataFrame({"dog": [1, 0], "cat": [0, 1]})
    assert predictions_from(HALF, one_hot, classes=names).truth.tolist() == [1, 0]
    assert predictions_from(HALF, one_hot, classes=names, several=True).truth.tolist() == [[0, 1], [1, 0]]
    with pytest.raises(DataError, match=r"has the shape \(2, 2\) and contains values that are not numbers"):
        predictions_from(HALF, np.array([["dog", "cat"], ["cat", "dog"]]), classes=names)


def test_several_labels_stay_a_matrix():
    assert predictions_from(HALF, [[0, 1], [1, 1]]).truth.tolist() == [[0, 1], [1, 1]]
    separate = [[0.9, 0.8], [0.1, 0.1]]  # do not share 1 among the classes, as one label per row does
    assert predictions_from(separate, [[0, 1], [1, 0]]).truth.tolist() == [[0, 1], [1, 0]]
    assert predictions_from([[0.2], [0.7]], [[0], [1]], classes=["tag"], several=True).multi_label


def test_one_hot_rows_are_one_label_per_row():
    names = np.array(["cat", "dog", "emu"])
    truth, table = (
        np.array([0, 1, 2, 1]),
        np.array([[0.45, 0.3, 0.25], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6], [0, 0.4, 0.6]]),
    )
    for matrix in (np.eye(3)[truth], np.eye(3, dtype=bool)[truth], np.eye(3)[truth].tolist()):
        assert predictions_from(table, matrix, classes=names).truth.tolist() == truth.tolist()
        assert predictions_from(table, matrix, classes=names, several=False).truth.tolist() == truth.tolist()
    unknown = np.eye(3)[truth]
    unknown[1] = np.nan
    assert predictions_from(table, unknown).truth.tolist() == [0, -1, 2, 1]
    soft = [[0.5, 0.5, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0]]
    assert predictions_from(table, soft).multi_label


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            {"truth": [[1, 1], [0, 1]], "several": False},
            "Row 0 of the truth does not have exactly one label .*sums to 2",
        ),
        ({"truth": [0, 1], "several": True}, r"shape \(2,\), one label for each row; with several = True"),
    ],
)
def test_labels_per_row_contradict_their_shape(arguments, words):
    with pytest.raises(DataError, match=words):
        predictions_from(HALF, **arguments)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"probabilities": [0.5, 0.5]}, r"must be rows × classes.*\(\[1 - p, p\]\)"),
        ({"probabilities": [[0.5], [0.5]]}, r"must be rows × classes.*\(\[1 - p\[:, 0\], p\[:, 0\]\]\)"),
        ({"probabilities": [[1.5, -0.5]]}, r'2 probabilities are not in 0..1 \(first: 1.5, id "0", class "0"\)'),
        ({"probabilities": [[np.nan, 0.5]]}, "1 probabilities are not numbers"),
        ({"probabilities": [["a", 0.5]]}, "values that are not numbers"),
        ({"probabilities": HALF, "ids": ["x", "x"]}, r'1 ids occur more than once \(first: "x"\)'),
        ({"probabilities": HALF, "ids": ["x"]}, "There are 1 ids for 2"),
        ({"probabilities": HALF, "classes": ["x", "x"]}, "1 classes occur more than once"),
        ({"probabilities": HALF, "truth": [0]}, r"The truth has the shape \(1,\) for 2 rows and 2 classes"),
        (
            {"probabilities": HALF, "truth": ["cat", "dgo"], "classes": ["cat", "dog"]},
            '1 row has the label "dgo".* Did you mean "dog"',
        ),
        ({"probabilities": HALF, "truth": [0, 2]}, '1 row has the label "2", which is not a class.*classes=\\['),
        ({"probabilities": HALF, "truth": [0, float("inf")]}, '1 row has the label "inf"'),
    ],
)
def test_what_does_not_fit_is_told_in_words(arguments, words):
    with pytest.raises(DataError, match=words):
        predictions_from(**arguments)


def test_figures_become_a_frame():
    table = figures_table(evaluate(predictions_from(HALF, [0, 1]), ["accuracy"], draws=200))
    assert table.columns.tolist() == ["metric", "estimate", "low", "high", "n", "groups", "enough", "how"]
    assert table.loc[0, "metric"] == "accuracy"
    assert table.loc[0, "estimate"] == 1.0
