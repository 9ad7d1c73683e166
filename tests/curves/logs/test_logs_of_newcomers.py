"""Logs as people have them: other dialects, charts exported, tables sorted otherwise, folders instead of files."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from evenhand.base.errors import DataError
from evenhand.curves.logs.read_log import is_log, read_log

LOSS = np.exp(-np.arange(1, 13) / 5).round(4)
TABLE = "epoch,train_loss,val_loss,val_acc\n" + "".join(
    f"{epoch},{loss},{loss + 0.1:.4f},{1 - loss / 2:.4f}\n" for epoch, loss in enumerate(LOSS, start=1)
)


def test_decimal_commas_are_decimals(log: Callable[..., Path]) -> None:
    (curves,) = read_log(log("log.csv", TABLE.replace(",", ";").replace(".", ",")))
    assert curves.loss is not None
    assert curves.loss.values == pytest.approx(LOSS + 0.1)
    assert curves.notes == ()


def test_percents_are_shares(log: Callable[..., Path]) -> None:
    (curves,) = read_log(log("log.csv", "epoch,val_acc\n1,50%\n2,87.5%\n3,0.9\n"))
    assert curves.metrics[0].values.tolist() == [0.5, 0.875, 0.9]


def test_a_table_sorted_otherwise_loses_no_row(log: Callable[..., Path]) -> None:
    head, *rows = TABLE.splitlines()
    (newest_first,) = read_log(log("log.csv", "\n".join([head, *rows[::-1]])))
    assert newest_first.loss is not None
    assert newest_first.loss.values == pytest.approx(LOSS + 0.1)
    assert newest_first.notes == ("The rows are not in the order of their epochs, and were sorted.",)
    (restarted,) = read_log(log("log.csv", "\n".join([head, *rows[:4], *rows[2:6], *rows[4:]])))
    assert restarted.loss is not None
    assert restarted.loss.axis.tolist() == list(range(1, 13))
    assert "goes back" in restarted.notes[0]


def test_charts_exported_from_wandb_are_runs(log: Callable[..., Path]) -> None:
    head = '"Step","brisk-sun-1 - val_loss","brisk-sun-1 - val_loss__MIN","happy - 2 - val_loss"\n'
    text = head + "".join(f'"{step}","{loss}","{loss}","{2 * loss}"\n' for step, loss in enumerate(LOSS))
    first, second = read_log(log("wandb_export.csv", text))
    assert (first.model, second.model) == ("brisk-sun-1", "happy - 2")
    assert [(curve.rows, curve.metric) for curve in first.curves] == [("validation", "loss")]
    assert second.curves[0].values == pytest.approx(2 * LOSS)


def test_names_that_say_no_rows_are_pointed_out(log: Callable[..., Path]) -> None:
    (curves,) = read_log(log("log.csv", "epoch,loss,acc\n1,0.5,0.7\n2,0.4,0.8\n"))
    assert curves.notes == ("No column names its rows (train_…, val_…): all are taken for training rows.",)
    (curves,) = read_log(log("log.csv", "ep,trn_loss,vld_loss\n1,0.5,0.7\n2,0.4,0.8\n"))
    assert [curve.rows for curve in curves.curves] == ["train", "validation"]


def test_folders_of_lightning_are_logs(tmp_path: Path) -> None:
    for version in (0, 1):
        folder = tmp_path / "lightning_logs" / f"version_{version}"
        folder.mkdir(parents=True)
        (folder / "metrics.csv").write_text(TABLE, encoding="utf-8")
    assert [fit.model for fit in read_log(tmp_path / "lightning_logs")] == ["version_0", "version_1"]
    assert [fit.model for fit in read_log(tmp_path / "lightning_logs" / "version_1")] == ["version_1"]


def test_of_the_checkpoints_of_a_trainer_the_last_counts(tmp_path: Path) -> None:
    for step in (50, 100):
        folder = tmp_path / "out" / f"checkpoint-{step}"
        folder.mkdir(parents=True)
        history = [{"epoch": e / 25, "step": e, "eval_loss": 1 / e} for e in range(25, step + 1, 25)]
        text = json.dumps({"log_history": history, "global_step": step})
        (folder / "trainer_state.json").write_text(text, encoding="utf-8")
    (curves,) = read_log(tmp_path / "out")
    assert (curves.model, curves.curves[0].axis.tolist()) == ("out", [1, 2, 3, 4])
    (earlier,) = read_log(tmp_path / "out" / "checkpoint-50")
    assert earlier.curves[0].axis.tolist() == [1, 2]


def test_a_folder_of_runs_or_of_nothing_is_no_log(tmp_path: Path) -> None:
    assert not is_log(tmp_path)
    with pytest.raises(
        DataError, match=r"is neither a run nor a folder with event files of TensorBoard, metrics\.csv"
    ):
        read_log(tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "resolved.toml").write_text("", encoding="utf-8")
    (tmp_path / "a" / "metrics.csv").write_text(TABLE, encoding="utf-8")
    assert not is_log(tmp_path)
