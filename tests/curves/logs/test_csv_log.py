"""CSV logs: dialects, missing cells, words, restarts, cut lines, several fits, steps."""

import math

import numpy as np
import pytest

from evenhand.base.errors import DataError
from evenhand.curves.logs.read_log import read_log


def test_a_plain_csv_of_epochs(log, csv_text, figures, same):
    (curves,) = read_log(log("any.name", csv_text))
    assert same(curves, figures)
    assert (curves.model, curves.unit, curves.notes) == ("any.name", "epoch", ())


@pytest.mark.parametrize("change", [lambda t: t.replace(",", ";"), lambda t: t.replace(",", "\t"),
                                    lambda t: "\ufeff" + t, lambda t: t.replace("\n", "\r\n")])  # fmt: skip
def test_dialects_make_no_difference(log, csv_text, figures, same, change):
    assert same(read_log(log("log.csv", change(csv_text)))[0], figures)


def test_lightning_writes_training_and_validation_in_rows_of_their_own(log):
    text = """epoch,lr-SGD,step,train_loss_epoch,train_loss_step,val_loss
0,0.1,1,,1.5,
0,,3,,1.3,
0,,3,,,1.9
0,,3,1.4,,
1,0.1,5,,1.2,
1,,7,,1.0,
1,,7,,,1.5
1,,7,1.1,,
"""
    (curves,) = read_log(log("metrics.csv", text))
    assert {(c.rows, c.metric): c.values.tolist() for c in curves.curves} == {
        ("train", "loss"): [1.4, 1.1],
        ("validation", "loss"): [1.9, 1.5],
    }
    assert curves.loss.axis.tolist() == [1, 2]
    only_steps = text.replace("train_loss_epoch", "_").replace("1.4,,\n", ",,\n").replace("1.1,,\n", ",,\n")
    (curves,) = read_log(log("metrics.csv", only_steps))
    assert curves.train_loss.values.tolist() == pytest.approx([1.4, 1.1])


def test_several_evaluations_in_an_epoch_are_told_apart_by_their_step(log):
    rows = ["epoch,step,loss,val_loss", *(f"{s // 4},{s * 10},{1 / (s + 1)},{2 / (s + 1)}" for s in range(12))]
    (curves,) = read_log(log("log.csv", "\n".join(rows)))
    assert curves.unit == "step"
    assert curves.loss.axis.tolist() == [s * 10.0 for s in range(12)]


def test_missing_cells_are_no_values_and_nan_is_one(log):
    text = "epoch,val_loss,loss\n1,,0.9\n2,nan,0.8\n3,inf,\n4,0.5,NA\n"
    (curves,) = read_log(log("log.csv", text))
    assert curves.loss.axis.tolist() == [2, 3, 4]
    assert math.isnan(curves.loss.values[0])
    assert curves.loss.values[1:].tolist() == [math.inf, 0.5]
    assert curves.train_loss.values.tolist()[:1] == [pytest.approx(0.85)]


def test_words_in_cells_are_counted_and_left_out(log):
    text = "epoch,loss,comment\n1,0.9,begun\n2,oops,fine\n3,0.7,\n4,x,\n"
    (curves,) = read_log(log("log.csv", text))
    assert curves.train_loss.values.tolist() == [0.9, 0.7]
    assert curves.notes == ('2 cells of loss left out for holding no number (first: "oops" in row 2).',)


def test_a_restart_replaces_what_came_before(log):
    first = "".join(f"{e},{1 - e / 10},{1.1 - e / 10}\n" for e in range(6))
    second = "".join(f"{e},{2 - e / 10},{2.1 - e / 10}\n" for e in range(4, 9))
    (curves,) = read_log(log("log.csv", "epoch,loss,val_loss\n" + first + second))
    assert curves.loss.axis.tolist() == list(range(1, 10))
    assert curves.loss.values.tolist() == pytest.approx([1.1, 1.0, 0.9, 0.8, 1.7, 1.6, 1.5, 1.4, 1.3])
    assert curves.notes[0].startswith("The log goes back to epoch 4 (2 values of loss)")
    again = "epoch,loss,val_loss\n" + first + "epoch,loss,val_loss\n" + first
    (curves,) = read_log(log("log.csv", again))
    assert len(curves.loss.values) == 6
    assert "goes back to epoch 0 (6 values" in curves.notes[0]


def test_an_interrupted_file_loses_its_last_line_only(log, csv_text):
    whole = read_log(log("log.csv", csv_text))[0]
    (cut,) = read_log(log("log.csv", csv_text.rstrip().rsplit(",", 2)[0]))
    np.testing.assert_array_equal(cut.loss.values, whole.loss.values[:-1])
    assert cut.notes == ("The last line (17) is cut off and was left out.",)


def test_fits_in_one_table_are_read_apart(log):
    rows = [
        f"{model},{fold},{e},{1 / e + fold},{2 / e}" for e in (1, 2, 3) for model in ("a", "b") for fold in (0, 1)
    ]
    found = read_log(log("log.csv", "\n".join(["model,fold,epoch,train_loss,validation_loss", *rows])))
    assert [one.name for one in found] == ["a, fold 0", "a, fold 1", "b, fold 0", "b, fold 1"]
    assert found[1].train_loss.values.tolist() == pytest.approx([2, 1.5, 1 + 1 / 3])


def test_without_a_column_of_epochs_rows_are_counted(log):
    (curves,) = read_log(log("log.csv", "loss,val_loss\n3,4\n2,3\n"))
    assert curves.loss.axis.tolist() == [1, 2]


def test_a_name_without_a_set_is_of_validation_where_others_name_the_training(log):
    (curves,) = read_log(log("log.csv", "epoch,train_loss,accuracy\n1,3,0.4\n2,2,0.5\n"))
    assert curves.metrics[0].rows == "validation"
    assert curves.notes == ("Taken for the rows held out, since others are named as training: accuracy.",)


def test_a_test_set_stands_for_validation_where_there_is_no_other(log):
    (curves,) = read_log(log("log.csv", "epoch,train_loss,test_loss\n1,3,4\n2,2,5\n"))
    assert (curves.held_out, curves.loss.words) == ("test", "test loss")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epoch,loss,loss\n1,2,3\n", "log.csv: two columns are called loss. Rename one of them."),
        ("epoch,loss\n", "log.csv: has no rows below its header."),
        (
            "epoch,colour\n1,red\n",
            "log.csv: holds no values of a loss or metric by epoch or step. Its columns are epoch",
        ),
        ("name\nx\n", "log.csv: holds no values"),
        ('epoch,loss\n1,"2\n', "log.csv: line 2 is not CSV"),
        ("\n\n", "log.csv: is empty"),
    ],
)
def test_what_is_no_log_is_said_in_a_sentence(log, text, message):
    with pytest.raises(DataError) as told:
        read_log(log("log.csv", text))
    assert str(told.value).startswith(message)
