"""`learning_curves`, `evenhand runs SOURCE` and `evenhand doctor LOG`: of a run and of foreign logs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import evenhand
from evenhand.base.errors import DataError, RecordError
from evenhand.base.storage.files.atomic import to_json
from evenhand.base.storage.record import Record
from evenhand.cli.app import app

VALIDATION = [1.4 * 0.6**t + 0.5 + 0.03 * max(0, t - 7) for t in range(20)]
TRAIN = [1.4 * 0.8**t + 0.1 for t in range(20)]


def record_of(folder: Path, scores: dict[tuple[str, int], list[float]]) -> Record:
    """Return an unfinished record with fits of prescribed scores: (model, fold) -> macro_f1 by epoch."""
    models = list(dict.fromkeys(model for model, _ in scores))
    train = {"choose_by": "score", "epochs": 20, "warmup_epochs": 1.0}
    resolved = {"model": [{"name": name, "train": train} for name in models], "score": {"macro_f1": 1.0}}
    data = {"kind": "photos", "classes": ["x", "y"], "rows": 7}
    record = Record.create(folder, asked="", resolved=resolved, data=data)
    for (model, fold), values in scores.items():
        where = record.task_folder(model, fold, 0)
        where.mkdir(parents=True)
        lines = [
            {"epoch": e, "stage": 0, "steps": 9, "train_loss": TRAIN[e], "validation_loss": VALIDATION[e],
             "score": value, "parts": {"macro_f1": value}, "sets": {}}
            for e, value in enumerate(values)
        ]  # fmt: skip
        (where / "epochs.jsonl").write_text("".join(to_json(line) + "\n" for line in lines))
        best = max(range(len(values)), key=values.__getitem__)
        (where / "task.json").write_text(json.dumps({"epoch": best, "alarms": []}))
    return record


CREEPING = [0.3 + 0.5 * (1 - 0.85**t) for t in range(20)]


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return record_of(tmp_path / "runs", {("net", 0): CREEPING, ("net", 1): CREEPING})


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"
    table = pd.DataFrame(
        {"epoch": range(1, 21), "train_loss": TRAIN, "val_loss": VALIDATION, "val_f1_macro": CREEPING}
    )
    table.to_csv(path, index=False)
    return path


def test_a_run_and_a_log_of_the_same_figures_show_the_same(record: Record, log: Path) -> None:
    ours, theirs = evenhand.learning_curves(record), evenhand.learning_curves(log)
    # what is still improving is the criterion, which a log does not name
    facts = ["rises_after", "learned_nothing", "by_loss", "by_metric", "metric", "last"]
    assert ours.summary()[facts].iloc[0].tolist() == theirs.summary()[facts].iloc[0].tolist()
    table = ours.table().merge(theirs.table(), on=["set", "metric"], suffixes=("", "_log"))
    assert set(table["metric"]) == {"loss", "macro_f1"}
    for name in ("best", "best_at", "latest", "latest_at", "gap"):
        pd.testing.assert_series_equal(table[name], table[f"{name}_log"], check_names=False)
    assert {f.code for f in theirs.findings} == {"EH306", "EH316"}
    assert {f.code for f in ours.findings} == {"EH306", "EH307", "EH316"}


def test_the_tables_of_a_run(record: Record) -> None:
    curves = evenhand.learning_curves(record.path)
    first = curves.summary().iloc[0]
    assert (first["model"], first["fold"], first["kept"], first["rises_after"]) == ("net", 0, 20, 9)
    assert (first["by_loss"], first["by_metric"], first["metric"]) == (8, 20, "macro_f1")
    assert not first["at_chance"]
    held = curves.table().query("fold == 1 and set == 'validation' and metric == 'loss'").iloc[0]
    assert (held["best_at"], held["latest_at"]) == (8, 20)
    assert held["gap"] == pytest.approx(VALIDATION[-1] - TRAIN[-1])
    assert len(curves.frame()) == 2 * 3 * 20
    assert "the validation loss rises after epoch 9" in repr(curves)
    assert "<table" in curves._repr_html_()
    json.loads(to_json(curves.document()))


def test_the_rules_and_the_curves_give_the_same_epochs(record: Record) -> None:
    curves = evenhand.learning_curves(record)
    found = {finding.code: finding.evidence for finding in curves.findings}
    assert curves.summary()["rises_after"].tolist() == found["EH306"]["after"]
    assert curves.summary()["by_metric"].tolist() == found["EH316"]["by_metric"]


def test_the_shell_shows_curves_of_a_run_and_of_a_log(record: Record, log: Path) -> None:
    shell = CliRunner(env={"COLUMNS": "160"})
    for source in (record.path, log):
        done = shell.invoke(app, ["runs", str(source)])
        assert done.exit_code == 0, done.output
        assert "the validation loss rises after epoch 9" in done.output
        assert "EH306" in done.output
        document = json.loads(shell.invoke(app, ["runs", str(source), "--json"]).stdout)
        assert document == json.loads(to_json(evenhand.learning_curves(source).document()))
    listed = shell.invoke(app, ["runs", str(record.path.parent)])
    assert (listed.exit_code, "unfinished" in listed.output) == (0, True)


def test_the_doctor_reads_a_foreign_log(log: Path) -> None:
    found = evenhand.doctor(log)
    assert {finding.code for finding in found.findings} == {"EH306", "EH316"}
    assert {"EH302", "EH307", "EH311"} <= set(found.passed)
    assert "EH320" in found.not_applicable
    done = CliRunner().invoke(app, ["doctor", str(log)])
    assert (done.exit_code, "EH306 note: log.csv" in done.output) == (0, True)


def test_what_is_neither_ends_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing to see\n")
    for verb in ("runs", "doctor"):
        done = CliRunner().invoke(app, [verb, str(tmp_path / "notes.txt")])
        assert done.exit_code == 2
        assert "notes.txt: " in done.output
        assert "Traceback" not in done.output
    with pytest.raises(RecordError, match="is not a record"):
        evenhand.learning_curves(tmp_path)


def test_a_log_of_every_step_is_read_once(tmp_path: Path) -> None:
    losses = np.exp(-np.arange(60_000) / 9_000) + 0.1  # searched for step by step, they would take minutes
    rows = [f"{step},{loss:.6f},{loss + 0.1:.6f}" for step, loss in enumerate(losses)]
    (tmp_path / "log.csv").write_text("step,train_loss,val_loss\n" + "\n".join(rows) + "\n", encoding="utf-8")
    curves = evenhand.learning_curves(tmp_path / "log.csv")
    (row,) = curves.summary().to_dict(orient="records")
    assert (row["unit"], row["last"]) == ("step", 59_999)
    assert curves.table()["latest"].tolist() == pytest.approx([losses[-1], losses[-1] + 0.1], abs=1e-6)


def test_named_columns_reach_curves_doctor_and_ranking(tmp_path):
    for name, column in (("a", "quality"), ("b", "goodness")):
        rows = "\n".join(f"{e},{1 - 0.5**e}" for e in range(1, 9))
        (tmp_path / f"{name}.csv").write_text(f"epoch,{column}\n{rows}\n")
    logs = [tmp_path / "a.csv", tmp_path / "b.csv"]
    columns = {"quality": "val/accuracy", "goodness": "val/accuracy"}
    assert (
        evenhand.learning_curves(logs[0], columns={"quality": "val/accuracy"})
        .fits[0]
        .curve("validation", "accuracy")
    )
    assert evenhand.doctor(logs[0], columns={"quality": "val/accuracy"}).passed
    assert len(evenhand.rank(*logs, metric="accuracy", columns=columns).table) == 2
    with pytest.raises(DataError, match='no column in the log named "qualty".*Did you mean "quality"'):
        evenhand.learning_curves(logs[0], columns={"quality": "val/accuracy", "qualty": "val/loss"})
