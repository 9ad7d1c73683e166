"""JSON logs: trainer_state.json, Keras histories, records, JSON Lines; what is cut off or nested."""

import json
import math

import pandas as pd
import pytest

from evenhand.base.errors import DataError
from evenhand.curves.logs.read_log import read_log


def test_the_state_of_the_trainer_of_hugging_face(log, trainer_state, figures, same):
    (curves,) = read_log(log("trainer_state.json", json.dumps(trainer_state, indent=2)))
    assert same(curves, figures, without=("train_accuracy",))
    assert not curves.notes


def test_an_evaluation_before_training_is_epoch_0(log, trainer_state):
    trainer_state["log_history"].insert(0, {"epoch": 0, "eval_loss": 3.0, "step": 0})
    (curves,) = read_log(log("trainer_state.json", json.dumps(trainer_state)))
    assert curves.loss.axis.tolist() == list(range(17))


def test_a_history_of_keras_in_every_way_in_which_it_is_saved(log, figures, same):
    history = {name.removeprefix("train_"): values for name, values in figures.items()}
    frame = pd.DataFrame(history)
    ways = [
        history,
        {"history": history, "epoch": list(range(16)), "params": {"epochs": 16}},
        frame.to_dict(orient="records"),
        json.loads(frame.to_json()),
    ]
    for document in ways:
        assert same(read_log(log("history.json", json.dumps(document)))[0], figures)
    lines = "".join(json.dumps({"epoch": e, **row}) + "\n" for e, row in enumerate(ways[2]))
    assert same(read_log(log("log.jsonl", lines))[0], figures)


def test_a_line_that_is_cut_off_is_left_out(log):
    (curves,) = read_log(
        log("log.jsonl", '{"epoch": 1, "val_loss": 2}\n{"epoch": 2, "val_loss": 1}\n{"epoch": 3, "v')
    )
    assert curves.loss.values.tolist() == [2, 1]
    assert curves.notes == ("1 line that is no JSON left out.",)


def test_nan_is_a_value_and_null_is_none(log):
    (curves,) = read_log(
        log("h.json", '{"loss": [1, null, NaN, "nan", "x", true], "val_loss": [1, 2, 3, 4, 5, 6]}')
    )
    assert curves.train_loss.axis.tolist() == [1, 3, 4]
    assert [math.isnan(v) for v in curves.train_loss.values] == [False, True, True]
    assert curves.notes == ("3 values of loss left out for being no number.",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"log_history": [{"epoch": 1, "loss": ', "s.json: is not JSON, or is cut off (line 1, column"),
        ("[" * 200_000, "s.json: is not a log (nested too deeply)"),
        ("{}", "s.json: holds no values of a loss or metric"),
        ('{"log_history": []}', "s.json: holds no values"),
        ("[1, 2]", "s.json: holds no values"),
        ('{"loss": "high"}', "s.json: holds no values"),
        ('{"loss": [' + "9" * 5000 + "]}", "s.json: is not a log (Exceeds the limit"),
        ('{"log_history": {"a": 1}, "loss": {}}', "s.json: holds no values"),
    ],
)
def test_what_is_no_log_is_said_in_a_sentence(log, text, message):
    with pytest.raises(DataError) as told:
        read_log(log("s.json", text))
    assert str(told.value).startswith(message)
