"""Labels in a column per class: read, joined, merged, and left out, with what is unknown kept unknown."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evenhand.base.errors import DataError
from evenhand.base.values import Finding, Samples
from evenhand.data.config import DataConfig
from evenhand.data.roots.root import open_root
from evenhand.data.tables.labels.label_columns import any_known, joined
from evenhand.data.tables.samples import file_samples

NONE = np.nan


def read(folder: Path, text: str, **keys: Any) -> tuple[Samples, list[Finding]]:
    """Return the samples of a table whose rows name files 0.png, 1.png, …."""
    root = folder / "root"
    root.mkdir()
    for name in {line.split(",")[0] for line in text.splitlines()[1:]}:
        (root / name).write_bytes(name.encode())
    (root / "labels.csv").write_text(text, encoding="utf-8")
    data = DataConfig(**{"root": str(root), "table": "labels.csv", "task": "soft", "min_count": 1, **keys})
    return file_samples(open_root(root), data, kind="photos", suffixes=(".png",))


TABLE = "path,rows,atoms,raters\n0.png,1,0.5,2\n1.png,,0.75,1\n2.png,0,,3\n"
COLUMNS = ["rows", "atoms"]


def test_an_empty_cell_is_not_known_and_weights_are_read(tmp_path: Path) -> None:
    samples, findings = read(tmp_path, TABLE, label_columns=COLUMNS, weight="raters")
    assert samples.classes == ("rows", "atoms")
    np.testing.assert_array_equal(samples.labels, [[1.0, 0.5], [NONE, 0.75], [0.0, NONE]])
    assert samples.weights is not None
    assert samples.weights.tolist() == [2.0, 1.0, 3.0]
    assert samples.task == "soft"
    assert samples.counts().tolist() == [1.0, 1.25]
    assert samples.known_cells.sum(axis=0).tolist() == [2, 2]
    assert not findings


def test_columns_of_no_and_yes_are_rows_of_several_classes(tmp_path: Path) -> None:
    text = "path,a,b\n0.png,True,0\n1.png,false,1.0\n2.png,0,\n"
    samples, _ = read(tmp_path, text, task="multi", label_columns=["a", "b"])
    np.testing.assert_array_equal(samples.labels, [[1, 0], [0, 1], [0, NONE]])
    assert samples.task == "multi"


def test_everything_wrong_in_the_cells_is_said_at_once(tmp_path: Path) -> None:
    text = "path,rows,atoms\n0.png,1.5,x\n1.png,0.5,-1\n"
    with pytest.raises(DataError) as error:
        read(tmp_path, text, label_columns=COLUMNS, drop=["dimers"])
    one, two, three = str(error.value).splitlines()
    assert one == (
        'labels.csv: data.label_columns: 1 of 2 cells of the column "rows" are not numbers from 0 to 1 (first: '
        'line 2, "1.5"). Leave cells empty where it is not known whether the class holds.'
    )
    assert two.startswith('labels.csv: data.label_columns: 2 of 2 cells of the column "atoms"')
    assert (
        three == 'labels.csv: data.drop names the class "dimers", which no row has. Classes are: "atoms", "rows".'
    )


def test_degrees_where_a_row_holds_a_class_or_not_are_refused_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r'are not 0 or 1 \(first: line 2, "0\.5"\).*data\.task = "soft"\.'):
        read(tmp_path, TABLE, task="multi", label_columns=["atoms"])


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"task": "soft"}, 'task = "soft" reads a column for each class: name them in label_columns'),
        ({"label_columns": ["a"]}, 'set task = "multi", or "soft" for degrees'),
        ({"task": "multi", "label_columns": ["a", "a"]}, "label_columns names a more than once"),
    ],
)
def test_task_and_columns_must_go_together(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DataConfig(root=".", table="t.csv", **keys)


def test_columns_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r'data\.label_columns: .*"row"'):
        read(tmp_path, TABLE, label_columns=["row", "atoms"])


def test_columns_without_a_table_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    data = DataConfig(root=str(tmp_path), weight="raters")
    with pytest.raises(DataError, match=r"data\.weight names columns of a table, and there is none"):
        file_samples(open_root(tmp_path), data, kind="photos", suffixes=(".png",))


@pytest.mark.parametrize(
    ("cell", "found"), [("", "an empty cell"), ("-1", '"-1"'), ("nan", '"nan"'), ("x", '"x"'), ("1e308", '"1e308"')]
)
def test_a_weight_is_a_number_from_0_up(tmp_path: Path, cell: str, found: str) -> None:
    text = f"path,a,w\n0.png,1,2\n1.png,0,{cell}\n"
    with pytest.raises(DataError) as error:
        read(tmp_path, text, label_columns=["a"], weight="w")
    assert str(error.value) == (
        'labels.csv: data.weight: 1 of 2 cells of the column "w" are not numbers from 0 to 1,000,000,000 '
        f"(first: line 3, {found})."
    )


def test_weights_that_are_all_0_leave_nothing_to_train_on(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="all cells of the column .w. are 0"):
        read(tmp_path, "path,a,w\n0.png,1,0\n", label_columns=["a"], weight="w")


def test_weights_are_read_with_one_class_a_row_too(tmp_path: Path) -> None:
    text = "path,label,w\n0.png,a,1\n1.png,b,2\n2.png,a,3\n"
    samples, _ = read(tmp_path, text, task="single", weight="w")
    assert samples.weights is not None
    assert samples.weights.tolist() == [1.0, 2.0, 3.0]


def test_a_row_of_which_nothing_is_known_has_no_label(tmp_path: Path) -> None:
    text = "path,rows,atoms\n0.png,1,0.5\n1.png,,\n"
    with pytest.raises(
        DataError, match=r"1 of 2 rows have no label in any of data\.label_columns \(first: line 3\)"
    ):
        read(tmp_path, text, label_columns=COLUMNS)


def test_it_can_be_left_out(tmp_path: Path) -> None:
    text = "path,rows,atoms\n0.png,1,0.5\n1.png,,\n"
    samples, findings = read(tmp_path, text, label_columns=COLUMNS, missing="drop")
    assert len(samples) == 1
    assert findings[0].message.endswith("They were left out.")


def test_merged_columns_hold_as_much_as_the_one_that_holds_most(tmp_path: Path) -> None:
    text = "path,a,b,c\n0.png,0.2,0.5,1\n1.png,1,,0\n2.png,0.5,,0\n"
    samples, _ = read(tmp_path, text, label_columns=["a", "b", "c"], rename={"a": "ab", "b": "ab"})
    assert samples.classes == ("ab", "c")
    np.testing.assert_array_equal(samples.labels, [[0.5, 1], [1, 0], [NONE, 0]])


def test_a_dropped_column_leaves_its_rows(tmp_path: Path) -> None:
    samples, _ = read(tmp_path, TABLE, label_columns=COLUMNS, drop=["atoms"], missing="drop")
    np.testing.assert_array_equal(samples.labels, [[1.0], [0.0]])


@pytest.mark.parametrize(("action", "classes"), [("drop", ("a",)), ("merge", ("a", "other"))])
def test_rare_classes_are_left_out_or_merged(tmp_path: Path, action: str, classes: tuple[str, ...]) -> None:
    text = "path,a,b,c\n0.png,1,0.5,0\n1.png,1,0.5,1\n2.png,1,0,0\n"
    samples, findings = read(tmp_path, text, label_columns=["a", "b", "c"], min_count=2, min_count_action=action)
    assert samples.classes == classes if action == "drop" else samples.classes[0] == "a"
    assert findings[0].code == "EH107"


def test_rows_of_one_file_are_the_raters_of_it(tmp_path: Path) -> None:
    text = "path,a,b,w\n0.png,1,0,1\n0.png,0,,3\n1.png,1,1,2\n"
    samples, findings = read(tmp_path, text, label_columns=["a", "b"], weight="w")
    np.testing.assert_array_equal(samples.labels, [[0.25, 0], [1, 1]])
    assert samples.weights is not None
    assert samples.weights.tolist() == [4.0, 2.0]
    assert findings[0].message.endswith("they were joined: each file has the mean of its rows.")


@pytest.mark.parametrize(
    ("lines", "keys"),
    [
        (["path,label", "0.png,a", "1.png,a", "0.png,b"], {}),
        (["path,a,b", "0.png,1,0", "1.png,1,0", "0.png,0,1"], {"label_columns": ["a", "b"]}),
        (["path,x,y", "0.png,a,b", "1.png,a,", "0.png,,b"], {"tag_columns": ["x", "y"]}),
    ],
)
def test_rows_of_one_file_add_up_to_its_labels_however_they_are_written(
    tmp_path: Path, lines: list[str], keys: dict[str, Any]
) -> None:
    samples, findings = read(tmp_path, "\n".join(lines), task="multi", **keys)
    assert samples.task == "multi"
    assert samples.labels[0].tolist() == [1, 1]
    assert len(samples) == 2
    (found,) = [one for one in findings if one.code == "EH103"]
    if keys:
        assert found.message.endswith("joined: each file has every label of its rows.")


def test_a_label_of_one_row_is_known_of_its_file_and_one_of_none_is_not() -> None:
    values = np.array([[1, 0, NONE, NONE], [0, 0, 0, 1], [NONE, NONE, NONE, NONE], [1, 0, 0, NONE]], dtype=float)
    found = any_known(values, np.array([0, 0, 1, 0]))
    np.testing.assert_array_equal(found, [[1, 0, 0, 1], [NONE] * 4])


@given(
    arrays(np.float64, (6, 2), elements=st.one_of(st.just(np.nan), st.floats(0, 1))),
    arrays(np.float64, 6, elements=st.floats(0, 8)),
)
def test_the_mean_over_rows_is_that_of_the_known_ones(values: np.ndarray, weights: np.ndarray) -> None:
    of = np.array([0, 0, 0, 1, 1, 2])
    found = joined(values, weights, of)
    for file in range(3):
        for c in range(2):
            own = (of == file) & ~np.isnan(values[:, c])
            if weights[own].sum() > 0:
                assert found[file, c] == pytest.approx(np.average(values[own, c], weights=weights[own]), abs=1e-9)
            else:
                assert np.isnan(found[file, c])
