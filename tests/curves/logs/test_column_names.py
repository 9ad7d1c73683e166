"""Columns that a person names: in every format, before what would be read as the same, and refused in words."""

import json

import pytest

from evenhand.base.errors import DataError
from evenhand.curves.logs.read_log import read_log

ROWS = [{"round": e, "valid_acc_total": 0.3 + e / 10, "cost_of_fit": 1 / e, "best": 9.0} for e in range(1, 7)]
CHOICE = {"valid_acc_total": "val/accuracy", "cost_of_fit": "train/loss", "round": "epoch"}


def _csv(rows):
    return "\n".join([",".join(rows[0]), *(",".join(str(v) for v in row.values()) for row in rows)])


@pytest.mark.parametrize(
    "text",
    [
        _csv(ROWS),
        json.dumps(ROWS),
        "\n".join(map(json.dumps, ROWS)),
        json.dumps({key: [row[key] for row in ROWS] for key in ROWS[0]}),
    ],
    ids=["csv", "records", "lines", "columns"],
)
def test_named_columns_are_read_as_named(log, text):
    (curves,) = read_log(log("log", text), CHOICE)
    assert {(c.rows, c.metric): c.values[0] for c in curves.curves} == {
        ("validation", "accuracy"): pytest.approx(0.4),
        ("train", "loss"): 1.0,
    }
    assert curves.unit == "epoch"
    assert curves.curve("validation", "accuracy").axis.tolist() == [1, 2, 3, 4, 5, 6]
    assert set(curves.columns) == set(ROWS[0])


def test_series_of_event_files_are_named_too(events):
    path = events([("fidelity", s, 0.1 * s) for s in range(1, 7)])
    (curves,) = read_log(path, {"fidelity": "val/accuracy"})
    assert [(c.rows, c.metric) for c in curves.curves] == [("validation", "accuracy")]


def test_a_named_column_displaces_what_would_be_read_as_the_same(log):
    text = "epoch,val_loss,val_loss_ema\n" + "\n".join(f"{e},{e},{1 / e}" for e in range(1, 7))
    (curves,) = read_log(log("log.csv", text), {"val_loss_ema": "val/loss"})
    assert [c.metric for c in curves.curves] == ["loss"]
    assert curves.loss.values[-1] == pytest.approx(1 / 6)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"a": "nothing at lr"}, "is not the name of a metric"),
        ({"a": "val"}, "is not the name of a metric"),
        ({"a": "val/acc", "b": "validation/accuracy"}, "both are to be read"),
    ],
)
def test_names_that_mean_nothing_or_one_thing_twice_are_refused(log, columns, words):
    with pytest.raises(DataError, match=words):
        read_log(log("log.csv", "epoch,a,b\n1,2,3\n"), columns)


def test_a_log_without_a_known_name_lists_its_columns(log):
    with pytest.raises(DataError, match=r"Its columns are t, guete\. .*--column NAME=val/loss"):
        read_log(log("log.csv", "t,guete\n1,2\n2,3\n"))
