"""`verify` names every damaged file of a record and of a store."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import evenhand
from evenhand.base.storage.files.checksums import append_checksum
from evenhand.base.storage.record import Record
from evenhand.base.values import Folds, Samples
from evenhand.cli.app import app
from evenhand.data.store.store import Store
from evenhand.training.tasks.task_files import write_task

SUMMARY = {"epochs": 1, "stage": 0, "epoch": 0, "score": 0.5, "parts": {}, "correction": None}


@pytest.fixture
def record(tmp_path: Path) -> Record:
    samples = Samples(pd.DataFrame({"id": ["1", "2"], "path": ["a", "b"]}), ("x", "y"), np.array([0, 1]))
    data = {"classes": ["x", "y"], "kind": "photos", "fingerprint": "abc", "rows": 2}
    made = Record.create(tmp_path / "runs", asked="# mine\n", resolved={"name": "x"}, data=data, samples=samples)
    made.write_folds(Folds(np.array(["1", "2"], dtype=object), np.array([0, 1], dtype=np.int16), 2))
    task = made.task_folder("m", 0, 0)
    task.mkdir(parents=True)
    (task / "weights.safetensors").write_bytes(b"weights")
    (task / "predictions.parquet").write_bytes(b"predictions")
    (task.parents[1] / "frozen-1.safetensors").write_bytes(b"frozen")
    write_task(task, SUMMARY, task.parents[1])
    (task.parent / "seed1").mkdir()
    (task.parent / "seed1" / "state.pt").write_bytes(b"state")
    append_checksum(task.parent / "seed1" / "state.pt")
    return made


def test_a_sound_record_is_sound(record: Record) -> None:
    found = evenhand.verify(record.path)
    assert found.damaged.empty
    assert found.unknown.empty
    done = CliRunner().invoke(app, ["verify", str(record.path)])
    assert done.exit_code == 0, done.output
    assert "none is damaged" in done.output


def test_every_file_is_covered(record: Record) -> None:
    files = [path for path in sorted(record.path.rglob("*")) if path.is_file() and path.name != ".lock"]
    assert len(files) == 13
    for path in files:
        raw = path.read_bytes()
        path.write_bytes(raw[:-2] + bytes([raw[-2] ^ 2]) + raw[-1:])
        damaged = evenhand.verify(record.path).damaged
        name = path.relative_to(record.path).as_posix()
        assert name in set(damaged["file"]) or path.name == "manifest.jsonl", name
        assert (damaged["to_do"].str.len() > 20).all()
        path.write_bytes(raw)
    assert evenhand.verify(record.path).damaged.empty


def test_a_missing_file_is_named_and_the_exit_code_is_1(record: Record) -> None:
    (record.path / "folds.csv").unlink()
    done = CliRunner(env={"COLUMNS": "400"}).invoke(app, ["verify", str(record.path)])
    assert done.exit_code == 1
    assert "folds.csv: is missing, though it was written. What to do: restore the file" in done.output


@pytest.mark.parametrize("lost", ["models/m", "models/m/fold1", "models/m/fold1/seed0/task.json"])
def test_a_lost_task_of_a_finished_run_is_named(record: Record, lost: str) -> None:
    record.write_text("resolved.toml", '[[model]]\nname = "m"\n')
    shutil.copytree(record.task_folder("m", 0, 0), record.task_folder("m", 1, 0))
    place = record.path / lost
    record.write_json("scores.json", {})
    assert evenhand.verify(record.path).damaged.empty
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink()
    damaged = evenhand.verify(record.path).damaged
    assert list(damaged["file"]) == [lost]
    assert list(damaged["state"]) == ["missing"]


def test_a_path_with_dots_is_shown_as_it_is(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(record.path)
    (record.path / "folds.csv").unlink()
    done = CliRunner(env={"COLUMNS": "400"}).invoke(app, ["verify", f"../{record.path.name}"])
    assert done.output.startswith(f"../{record.path.name}/folds.csv: is missing")
    assert "--fresh.\n" in done.output


def test_a_document_that_is_a_folder_is_a_sentence(record: Record) -> None:
    task = record.task_folder("m", 0, 0) / "task.json"
    task.unlink()
    task.mkdir()
    found = evenhand.verify(record.path).damaged.set_index("file")["reason"]
    assert list(found) == ["cannot be read (Is a directory)"]


def test_a_lost_manifest_is_told_from_a_version_without(record: Record) -> None:
    (record.path / "manifest.jsonl").unlink()
    found = evenhand.verify(record.path)
    assert list(found.damaged["file"]) == ["manifest.jsonl"]
    assert "cannot be checked" in found.damaged["reason"].iloc[0]
    assert record.missing() == ("manifest.jsonl",)
    assert "folds.csv" in set(found.unknown["file"])
    assert record.folds().k == 2
    environment = json.loads((record.path / "environment.json").read_text(encoding="utf-8"))
    (record.path / "environment.json").write_text(
        json.dumps({key: value for key, value in environment.items() if key != "checksums"}), encoding="utf-8"
    )
    assert not evenhand.verify(record.path).damaged.empty  # its task has checksums
    shutil.rmtree(record.path / "models")
    found = evenhand.verify(record.path)  # nothing tells that there were any
    assert found.damaged.empty
    assert "folds.csv" in set(found.unknown["file"])


def test_a_manifest_that_has_lost_lines_is_damaged(record: Record) -> None:
    path = record.path / "manifest.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[2:]), encoding="utf-8")
    damaged = evenhand.verify(record.path).damaged
    assert list(damaged["reason"]) == ["has lost the checksums of config.toml, environment.json"]
    path.write_text("", encoding="utf-8")
    assert list(evenhand.verify(record.path).damaged["file"]) == ["manifest.jsonl"]


def test_a_store_is_read_whole(tmp_path: Path) -> None:
    Store(tmp_path / "store").rows({}, ["a"], lambda _: {"x": np.arange(9)})
    assert evenhand.verify(tmp_path / "store").damaged.empty
    (file,) = (tmp_path / "store").glob("entries/*/x.npy")
    file.write_bytes(file.read_bytes()[:-1] + b"\7")
    (damaged,) = evenhand.verify(tmp_path / "store").damaged["file"]
    assert damaged.endswith("x.npy")


def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(evenhand.EvenhandError, match="neither a record .* nor a store"):
        evenhand.verify(tmp_path)
    assert CliRunner().invoke(app, ["verify", str(tmp_path / "none")]).exit_code == 2


def test_an_array_that_is_a_link_out_of_the_store_is_damaged(tmp_path: Path) -> None:
    Store(tmp_path / "store").rows({}, ["a"], lambda _: {"x": np.arange(9)})
    (file,) = (tmp_path / "store").glob("entries/*/x.npy")
    file.rename(tmp_path / "elsewhere.npy")
    file.symlink_to(tmp_path / "elsewhere.npy")
    (reason,) = evenhand.verify(tmp_path / "store").damaged["reason"]
    assert reason == "is a link that leads out of the folder"
