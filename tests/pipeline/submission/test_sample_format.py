import numpy as np
import pandas as pd
import pytest

from evenhand.base.errors import DataError
from evenhand.base.values import Predictions
from evenhand.pipeline.submission.sample_format import fill_sample, read_sample, write_submission

CLASSES = ("яблоко", "b, c", "d")
PATHS = ["test/001.jpg", "test/002.jpg", "test/003.jpg", "test/010.jpg"]


def predictions() -> Predictions:
    table = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6], [0.5, 0.25, 0.25]])
    return Predictions(np.array(["x1", "x2", "x3", "x4"], dtype=object), CLASSES, table, model="m", origin="test")


def sample(tmp_path, text):
    path = tmp_path / "sample.csv"
    path.write_text(text, encoding="utf-8")
    return read_sample(path)


@pytest.mark.parametrize(
    ("ids", "key"),
    [
        (["x3", "x1"], "id"),
        (["test/003.jpg", "test/001.jpg"], "path"),
        (["003.jpg", "001.jpg"], "file name"),
        (["003", "001"], "file name without ending"),
    ],
)
def test_labels_are_written_in_the_order_of_the_sample(tmp_path, ids, key):
    given = sample(tmp_path, "id,label\n" + "".join(f"{i},d\n" for i in ids))
    made = fill_sample(given, predictions(), PATHS)
    path = write_submission(made, given, tmp_path / "out.csv")
    assert (made.key, made.kind, made.extra) == (key, "label", 2)
    written = pd.read_csv(path, dtype=str)
    assert written["id"].tolist() == ids
    assert written["label"].tolist() == ["d", "яблоко"]


def test_probabilities_go_to_the_columns_of_their_classes(tmp_path):
    given = sample(tmp_path, 'd;яблоко;image;"b, c"\n0;0;x2;0\n0;0;x4;0\n')
    made = fill_sample(given, predictions())
    path = write_submission(made, given, tmp_path / "out.csv")
    assert path.read_text(encoding="utf-8").splitlines()[0] == 'd,яблоко,image,"b, c"'
    assert pd.read_csv(path)["b, c"].tolist() == [0.8, 0.25]
    assert made.kind == "probabilities"


@pytest.mark.parametrize("spaced", ["id, label\nx1, d\nx2, d\n", " id,label \n x1,d\nx2 ,d\n"])
def test_spaces_around_columns_and_ids_stay_as_the_sample_has_them(tmp_path, spaced):
    given = sample(tmp_path, spaced)
    path = write_submission(fill_sample(given, predictions()), given, tmp_path / "out.csv")
    first = [line.split(",")[0] for line in spaced.splitlines()]
    written = path.read_text(encoding="utf-8").splitlines()
    assert written[0] == spaced.splitlines()[0]
    assert [line.split(",")[0] for line in written] == first


def test_spaces_around_classes_stay_as_the_sample_has_them(tmp_path):
    given = sample(tmp_path, 'id, d, яблоко,"b, c "\nx2,0,0,0\n')
    path = write_submission(fill_sample(given, predictions()), given, tmp_path / "out.csv")
    assert path.read_text(encoding="utf-8").splitlines()[0] == 'id, d, яблоко,"b, c "'
    assert pd.read_csv(path)["b, c "].tolist() == [0.8]


def test_a_placeholder_in_the_sample_is_no_class_and_does_no_harm(tmp_path):
    given = sample(tmp_path, "id,target\nx1,0\nx2,0\n")
    assert fill_sample(given, predictions()).table["target"].tolist() == ["яблоко", "b, c"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,label\nx1,d\nx9,d\n", r'1 of 2 ids are not predicted \(first: "x9", line 3, column "id"\)'),
        ("id,label\nx1,d\nx1,d\n", r'ids are repeated \(first: "x1", line 3'),
        ("id,label\nx1,d\n,d\n", 'line 3 has an empty cell in the column "id"'),
        ("id\nx1\n", 'only the column "id" was found'),
        ("id,label,label\nx1,d,d\n", 'the column "label" is repeated'),
        ("id,label\nx1,d,d\n", "line 2 has 3"),
        ("id,d,яблоко\nx1,0,0\n", r"lacks 1 of 3 classes \(first: b, c\)"),
        ("id,d,q\nx1,0,0\n", 'not classes'),
        ("id,label\nx1,dd\nx2,ee\n", 'line 2, column "label" holds "dd", which is not a class'),
        ("", "has no rows"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_line_and_column(tmp_path, text, words):
    with pytest.raises(DataError, match=words):
        fill_sample(sample(tmp_path, text), predictions(), PATHS)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(DataError, match="file not found"):
        read_sample(tmp_path / "none.csv")
    with pytest.raises(DataError, match="is a folder"):
        read_sample(tmp_path)
