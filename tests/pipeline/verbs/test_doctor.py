"""What is found in a run from its record, the second set, and names of classes that the data do not have."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import evenhand
from evenhand.base.errors import ConfigError
from evenhand.base.storage.files.atomic import to_json
from evenhand.base.storage.record import epoch_lines
from evenhand.base.storage.sealed_json import read_sealed, write_sealed
from evenhand.cli.app import app
from evenhand.pipeline.verbs.run import Run
from evenhand.testing.kinds import generate

pytestmark = pytest.mark.xdist_group("examine")  # one process, so that its fixtures are made once


def config(folder: Path, **more: object) -> dict[str, object]:
    data = {"root": str(folder / "a"), "table": "labels.csv", "label": "class", "group": "series"}
    return {
        "output": str(folder / "runs"),
        "data": {**data, "generalization": {"root": str(folder / "b")}},
        "folds": {"k": 2},
        "photos": {"size": 32},
        "model": [{"name": "a", "encoder": "small", "tune": "head"}],
        "train": {"epochs": 2, "batch_size": 32, "generalization_every": 2},
        "compute": {"store": str(folder / "store"), "workers": 0},
        "evaluate": {"draws": 200},
        **more,
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("examined")
    generate("photos", made / "a", rows=80, seed=1)
    generate("photos", made / "b", rows=40, seed=2)
    return made


@pytest.fixture(scope="module")
def done(folder: Path) -> Run:
    return evenhand.run(config(folder))


def test_the_second_set_is_judged_and_predicted_and_chooses_nothing(done: Run) -> None:
    scores = done.scores
    assert set(scores["set"]) == {"oof", "generalization"}
    second = done.record.generalization()
    assert second is not None
    table = done.predictions
    assert set(table.loc[table["set"] == "generalization", "id"]) == set(second.ids)
    lines = epoch_lines(done.path / "models/a/fold0/seed0/epochs.jsonl")
    assert ["generalization" in line["sets"] for line in lines] == [False, True]
    assert lines[1]["sets"]["generalization"]["rows"] == len(second)


def test_a_record_is_looked_at_again_from_its_files_alone(done: Run) -> None:
    found = evenhand.doctor(done.path)
    assert {"EH301", "EH302", "EH303", "EH311"} <= set(found.passed)
    assert not found.broken
    assert [f.code for f in found.findings] == [f.code for f in done.findings]


def test_what_a_course_shows_later_is_found_in_the_record(done: Run, tmp_path: Path) -> None:
    copy = tmp_path / "record"
    shutil.copytree(done.path, copy)
    path = copy / "models/a/fold0/seed0/epochs.jsonl"
    lines = [dict(line) for line in epoch_lines(path)]
    lines[-1]["train_loss"] = None
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    task = path.with_name("task.json")
    files = [path.with_name(name) for name in ("epochs.jsonl", "weights.safetensors", "predictions.parquet")]
    write_sealed(task, read_sealed(task).content, files)
    finding = next(f for f in evenhand.doctor(copy).findings if f.code == "EH311")
    assert "in 1 of 2 fits (first: fold 0, seed 0)" in finding.message


def test_classes_that_the_data_do_not_have_are_told_before_anything_is_decoded(folder: Path) -> None:
    wrong = config(folder, classes={"rare": ["nothing"]}, score={"macro_f1_rare": 1.0, "recall[none]": 1.0})
    with pytest.raises(ConfigError) as told:
        evenhand.check(wrong)
    assert 'classes.rare: names the class "nothing", which the data do not have' in str(told.value)
    assert 'score.recall[none]: names the class "none"' in str(told.value)


def test_the_shell_tells_the_same(done: Run, tmp_path: Path) -> None:
    found = evenhand.doctor(done.path)
    told = CliRunner().invoke(app, ["doctor", str(done.path), "--json"])
    assert json.loads(told.stdout) == json.loads(to_json(found.document()))
    assert told.exit_code == (1 if found.worst == "error" else 0)
    words = CliRunner().invoke(app, ["doctor", str(done.path)])
    assert "EH301" in words.stdout
    nothing = CliRunner().invoke(app, ["doctor", str(tmp_path / "nothing")])
    assert nothing.exit_code == 2
