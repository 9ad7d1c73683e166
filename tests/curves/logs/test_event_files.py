"""Event files of TensorBoard: tags and folders, steps and epochs, cuts and damage."""

import struct
import sys

import pytest

from evenhand.base.errors import DataError, MissingExtraError
from evenhand.curves.logs.read_log import event_runs, read_log


def scalars(figures):
    names = {"train_loss": "Loss/train", "train_accuracy": "Accuracy/train", "val_loss": "Loss/val"}
    names["val_accuracy"] = "Accuracy/val"
    return [(names[name], e, value) for name, values in figures.items() for e, value in enumerate(values)]


def test_steps_that_count_by_one_are_epochs(events, figures, same):
    path = events(scalars(figures))
    for where in (path, path.parent, path.parent.parent):
        (curves,) = read_log(where)
        assert same(curves, figures)
        assert curves.unit == "epoch"
    assert curves.notes == ("Epochs are counted from 1; the log counts from 0.",)


def test_the_epoch_of_a_step_is_read_where_lightning_logs_it(events):
    logged = [("epoch", 9 + 10 * e, float(e)) for e in range(4)]
    logged += [("val_loss", 9 + 10 * e, 1 / (e + 1)) for e in range(4)]
    logged += [("train_loss_step", 4 + 5 * s, 1.0) for s in range(8)]
    logged += [("epoch", 4 + 5 * s, float(s // 2)) for s in range(8)]
    (curves,) = read_log(events(logged))
    assert (curves.unit, curves.loss.axis.tolist()) == ("epoch", [1, 2, 3, 4])
    assert curves.train_loss.axis.tolist() == [1, 2, 3, 4]
    (curves,) = read_log(events([one for one in logged if one[0] != "epoch"], "steps"))
    assert (curves.unit, curves.loss.axis.tolist()) == ("step", [9, 19, 29, 39])
    assert curves.train_loss.axis.tolist() == [9, 19, 29, 39]


def test_folders_called_train_and_validation_are_one_run_as_keras_writes_them(events, figures, same, tmp_path):
    for name, rows in (("train", "train"), ("validation", "val")):
        events(
            [(f"epoch_{m}", e, v) for m in ("loss", "accuracy") for e, v in enumerate(figures[f"{rows}_{m}"])],
            f"logs/{name}",
        )
    assert list(event_runs(tmp_path / "logs")) == [""]
    assert same(read_log(tmp_path / "logs")[0], figures)
    events(scalars(figures), "all/one")
    events(scalars(figures), "all/two")
    assert [curves.model for curves in read_log(tmp_path / "all")] == ["one", "two"]


def test_a_file_cut_in_a_record_gives_what_is_before_it(events, figures):
    path = events(scalars(figures))
    raw = path.read_bytes()
    path.write_bytes(raw[:-5])
    (curves,) = read_log(path)
    assert len(curves.metrics[0].values) == 15
    assert "is cut off in record" in curves.notes[0]
    for size in (1, 11, 30):
        path.write_bytes(raw[: len(raw) // 2 + size])
        assert read_log(path)[0].notes


def test_damage_in_the_middle_is_noted(events, figures):
    path = events(scalars(figures))
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    path.write_bytes(bytes(raw))
    (curves,) = read_log(path)
    assert "is damaged after record" in curves.notes[0] or "is cut off in record" in curves.notes[0]


def test_a_length_of_a_billion_gigabytes_is_not_asked_for(events, figures):
    path = events(scalars(figures))
    raw = path.read_bytes()
    first = 12 + struct.unpack("<Q", raw[:8])[0] + 4
    path.write_bytes(raw[:first] + struct.pack("<QI", 2**62, 0) + raw[first:])
    with pytest.raises(DataError, match="holds no values of a loss or metric"):
        read_log(path)
    path.write_bytes(struct.pack("<QI", 2**62, 0) + raw[12:])
    with pytest.raises(DataError, match="is an event file that is cut off in its first record"):
        read_log(path)


def test_without_tensorboard_the_extra_is_named(events, figures, monkeypatch):
    path = events(scalars(figures))
    monkeypatch.setitem(sys.modules, "tensorboard.backend.event_processing.event_file_loader", None)
    with pytest.raises(MissingExtraError, match=r'pip install "evenhand\[logs\]"'):
        read_log(path)


def test_a_folder_without_event_files_is_said_to_be_none(tmp_path):
    with pytest.raises(DataError, match="is neither a run nor a folder with event files"):
        read_log(tmp_path)
