"""Predictions of rows that may have several labels, evaluated by a table with a column for each class."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import evenhand
from evenhand.base.errors import DataError
from evenhand.evaluation.reading.label_degrees import degree_columns, degrees_of
from evenhand.evaluation.reading.labels import read_labels


@pytest.fixture
def tables(tmp_path: Path) -> tuple[Path, Path, pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(0)
    ids = [f"r{row}" for row in range(40)]
    degrees = pd.DataFrame({"rows": rng.random(40).round(2), "atoms": rng.random(40).round(2)}, index=ids)
    degrees.iloc[3, 0] = np.nan
    shown = (degrees.fillna(0.5)[["atoms", "rows"]] * 0.9).round(3)
    shown.to_csv(tmp_path / "p.csv", index_label="id")
    labels = degrees.assign(session=[f"s{row % 5}" for row in range(40)], raters=12)
    labels.sample(frac=1, random_state=1).to_csv(tmp_path / "l.csv", index_label="id")
    return tmp_path / "p.csv", tmp_path / "l.csv", shown, degrees


def test_degrees_of_a_table_are_those_of_arrays(tables: tuple[Path, Path, pd.DataFrame, pd.DataFrame]) -> None:
    predictions, labels, shown, degrees = tables
    metrics = ["macro_f1", "log_loss", "roc_auc"]
    found = evenhand.evaluate(predictions, metrics, labels=labels, draws=100)
    theirs = evenhand.evaluate(degrees[shown.columns], shown, metrics, several=True, draws=100)
    assert {m: found[m].estimate for m in metrics} == pytest.approx({m: theirs[m].estimate for m in metrics})
    assert found["log_loss"].n == 40
    assert (
        evenhand.evaluate(predictions, metrics, labels=labels, group="session", draws=100)["log_loss"].groups == 5
    )
    np.savez(
        predictions.with_suffix(".npz"),
        ids=np.array(shown.index, str),
        classes=np.array(shown.columns, str),
        probabilities=shown.to_numpy(),
    )
    again = evenhand.evaluate(predictions.with_suffix(".npz"), metrics, labels=pd.read_csv(labels), draws=100)
    assert again["log_loss"].estimate == pytest.approx(found["log_loss"].estimate)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("atoms", "atomz", 'has no column with numbers of "atoms".*Columns of numbers: "rows", "atomz", "raters"'),
        ("\nr7,", "\nr7,1.3,0.2,s2,12\nr0x,", 'rows of "r7" is 1.3; a degree is from 0 to 1'),
        ("\nr7,", "\nr7,-0.1,0.2,s2,12\nr0x,", 'rows of "r7" is -0.1'),
        ("\nr7,", "\nr7,often,0.2,s2,12\nr0x,", 'has no column with numbers of "rows"'),
    ],
)
def test_what_is_no_degree_is_refused_with_its_row(
    tables: tuple[Path, Path, pd.DataFrame, pd.DataFrame], old: str, new: str, words: str
) -> None:
    predictions, labels, *_ = tables
    labels.write_text(labels.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError, match=words):
        evenhand.evaluate(predictions, labels=labels)


def test_a_column_of_labels_goes_before_columns_of_numbers(tmp_path: Path) -> None:
    (tmp_path / "l.csv").write_text("id,label,score\na,x,0.5\n", encoding="utf-8")
    table = read_labels(tmp_path / "l.csv")
    assert (list(table.names), dict(table.degrees)) == (["x"], {})
    (tmp_path / "l.csv").write_text("id,kind\na,x\n", encoding="utf-8")
    with pytest.raises(DataError, match="no column is recognised as the label"):
        read_labels(tmp_path / "l.csv")


@given(st.lists(st.one_of(st.none(), st.floats(0, 1)), min_size=1, max_size=20))
def test_what_is_written_is_read(values: list[float | None]) -> None:
    cells = np.array([None if value is None else repr(value) for value in values], dtype=object)
    found = degree_columns({"a": cells})
    if any(value is not None for value in values):
        at = np.arange(len(values))[::-1]
        read = degrees_of(found, cells, at, ["a"], "l.csv")
        wanted = [[np.nan if value is None else value] for value in reversed(values)]
        assert np.array_equal(read, np.array(wanted, dtype=float), equal_nan=True)
