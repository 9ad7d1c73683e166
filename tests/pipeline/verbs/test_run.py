"""The whole work on small photos: what is written, what is returned, and that nothing is done twice."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import evenhand
from evenhand.base.errors import ConfigError, EvenhandError, RecordError
from evenhand.cli.app import app
from evenhand.pipeline.verbs.run import Run
from evenhand.testing.kinds import generate

pytestmark = pytest.mark.xdist_group("run")  # one process, so that its fixtures are made once

MODELS = [
    {"name": "первая", "encoder": "small", "tune": "all"},
    {"name": "b", "encoder": "small", "tune": "head", "seeds": [0, 1]},
]


def config(folder: Path, **more: object) -> dict[str, object]:
    data = {"root": str(folder), "table": "labels.csv", "label": "class", "group": "series"}
    return {
        "output": str(folder.parent / "runs"),
        "data": data,
        "folds": {"k": 2, "test": {"fraction": 0.25}},
        "photos": {"size": 32},
        "model": MODELS,
        "train": {"epochs": 1, "batch_size": 32},
        "compute": {"store": str(folder.parent / "store"), "workers": 0},
        "evaluate": {"draws": 200},
        **more,
    }


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate("photos", tmp_path_factory.mktemp("run") / "data", rows=90).toml.parent


@pytest.fixture(scope="module")
def done(data: Path) -> Run:
    return evenhand.run(config(data, name="первый [red]", note="a note"))


def test_the_record_holds_what_the_design_says(done: Run) -> None:
    names = {str(p.relative_to(done.path)) for p in done.path.rglob("*") if p.is_file()}
    expected = {
        "config.toml", "resolved.toml", "environment.json", "data.json", "samples.parquet", "folds.csv",
        "findings.jsonl", "ensemble.json", "predictions.parquet", "scores.json", "report.html",
        "models/первая/fold1/seed0/weights.safetensors", "models/b/fold0/seed1/epochs.jsonl",
    }  # fmt: skip
    assert expected <= names
    assert not [name for name in names if name.endswith((".part", "state.pt"))]


def test_scores_are_as_the_shell_prints_them(done: Run) -> None:
    document = done.document()
    assert set(document) >= {"record", "scores", "findings", "seconds", "usage"}
    floor = "floor: size and colour"
    assert set(document["scores"]) == {"первая", "b", "ensemble:equal", "ensemble:nnls", floor}
    for sets in document["scores"].values():
        assert set(sets) == {"oof", "test"}
        for metrics in sets.values():
            assert {"macro_f1", "accuracy"} <= set(metrics)
            assert any(name.startswith("recall[") for name in metrics)
            for figure in metrics.values():
                assert set(figure) - {"how"} == {"estimate", "low", "high", "n", "groups", "enough"}
    assert json.loads((done.path / "scores.json").read_text()) == document


def test_scores_and_runs_say_on_what_models_were_trained_and_what_it_took(done: Run) -> None:
    (usage,) = {one["device"]: one for one in done.document()["usage"].values()}.values()
    assert usage["device"] == "cpu"
    table = evenhand.runs(done.path.parent)
    (row,) = table[table["record"] == str(done.path)].to_dict(orient="records")
    assert (row["device"], row["peak_device_bytes"]) == ("cpu", None)
    assert row["peak_host_bytes"] >= usage["peak_memory"]["host_bytes"] > 50e6
    assert "of the machine" in (done.path / "report.html").read_text(encoding="utf-8")


def test_predictions_cover_every_row_once_per_model(done: Run) -> None:
    table = done.predictions
    counts = table.groupby(["model", "id"]).size()
    assert (counts == 1).all()
    assert table["id"].nunique() == len(done.record.samples())
    columns = [c for c in table if c.startswith("p:")]
    np.testing.assert_allclose(table[columns].sum(axis=1), 1, atol=1e-6)
    assert set(table["set"]) == {"oof", "test"}


def test_groups_never_cross_folds(done: Run) -> None:
    samples, folds = done.record.samples(), done.record.folds()
    parts = pd.Series(folds.of(samples.ids)).groupby(samples.groups).nunique()
    assert (parts == 1).all()


def test_the_locked_test_is_opened_once_and_that_is_written_down(done: Run) -> None:
    assert len(done.record.json("test_opened.json")) == 1


def test_a_finished_run_is_not_resumed_and_a_worker_process_gives_the_same(data: Path, done: Run) -> None:
    again = evenhand.run(config(data, compute={"store": str(data.parent / "store"), "workers": 1}))
    assert again.path != done.path
    pd.testing.assert_frame_equal(again.predictions, done.predictions)


def test_a_run_killed_before_its_report_writes_that_and_nothing_else(data: Path, tmp_path: Path) -> None:
    asked = config(data, output=str(tmp_path))
    first = evenhand.run(asked)
    scores, opened = first.document(), first.record.json("test_opened.json")
    first.report.unlink()
    again = evenhand.run(asked)
    assert again.path == first.path
    assert again.report.is_file()
    assert (again.document(), again.record.json("test_opened.json")) == (scores, opened)


def test_values_show_themselves_in_a_notebook(done: Run) -> None:
    assert "ensemble:nnls" in done._repr_html_()
    assert str(done.path) in repr(done)


def test_runs_are_listed_with_their_best(data: Path, done: Run) -> None:
    table = evenhand.runs(data.parent / "runs")
    row = table[table["record"] == str(done.path)].iloc[0]
    assert row["state"] == "finished"
    assert row["metric"] == "macro_f1"
    assert row["best"] in done.document()["scores"]


@pytest.mark.parametrize("model", [None, "b", "ensemble:nnls"])
def test_new_photos_are_predicted_with_how_sure_it_is(data: Path, done: Run, model: str | None) -> None:
    predicted = evenhand.predict(done.path, data / "images", model=model)
    table = predicted.table
    assert len(table) == 90
    assert {"path", "predicted", "confidence", "expected_accuracy", "margin", "agreement"} <= set(table)
    assert table["expected_accuracy"].between(0, 1).all()
    assert table["agreement"].between(0, 1).all()
    assert (table["confidence"] >= 0.25).all()
    assert len(predicted.document()["rows"]) == 90


def test_files_that_the_run_was_trained_on_are_not_called_new(data: Path, done: Run, tmp_path: Path) -> None:
    samples, folds = done.record.samples(), done.record.folds()
    held = folds.of(samples.ids) >= 0
    copies = tmp_path / "copies"
    copies.mkdir()
    for at in (np.flatnonzero(held)[0], np.flatnonzero(~held)[0]):
        file = data / samples.frame["path"].iloc[at]
        (copies / f"{'own' if held[at] else 'locked'}{file.suffix}").write_bytes(file.read_bytes())
    predicted = evenhand.predict(done.path, copies)
    assert dict(
        zip(predicted.table["path"].map(lambda name: Path(name).stem), predicted.table["set"], strict=True)
    ) == {
        "own": "training",
        "locked": "new",
    }
    assert predicted.trained == predicted.document()["training_rows"] == 1
    assert predicted.predictions.origin == "in-sample"
    shown = CliRunner().invoke(app, ["predict", str(done.path), str(copies), "--to", str(tmp_path / "p.csv")])
    assert "of 2 rows, 1 is a file that models of this run were trained on" in " ".join(shown.output.split())


def test_one_photo_is_predicted_like_among_others(data: Path, done: Run) -> None:
    every = evenhand.predict(done.path, data / "images").table
    alone = evenhand.predict(done.path, data / "images" / every["path"][3]).table
    assert alone["predicted"][0] == every["predicted"][3]
    assert alone["confidence"][0] == pytest.approx(every["confidence"][3], abs=1e-5)


def test_predicting_with_a_model_that_is_not_there_is_told(data: Path, done: Run) -> None:
    with pytest.raises(EvenhandError, match=r'no model named "ensemble:nmls".*Did you mean "ensemble:nnls"'):
        evenhand.predict(done.path, data, model="ensemble:nmls")


def test_the_report_can_be_written_again_without_the_data(data: Path, done: Run, tmp_path: Path) -> None:
    with_pictures = done.report.read_text(encoding="utf-8")
    assert "data:image/jpeg" in with_pictures
    moved = tmp_path / "gone"
    data.rename(moved)
    try:
        path = evenhand.report(done.path)
        assert "data:image/jpeg" not in path.read_text(encoding="utf-8")
    finally:
        moved.rename(data)


def test_a_run_without_models_is_told(data: Path) -> None:
    with pytest.raises(ConfigError, match=r"model: no model is named"):
        evenhand.run(config(data, model=[]))


def test_a_task_that_fails_is_named_and_the_rest_is_kept(data: Path, tmp_path: Path) -> None:
    broken = {"name": "broken", "encoder": "timm:no_such_network", "tune": "all", "pretrained": False}
    wanted = config(data, model=[MODELS[0], broken], output=str(tmp_path / "runs"))
    with pytest.raises(
        EvenhandError, match=r"2 of 4 tasks failed.*\n.*model broken, fold 0, seed 0: .*no_such_network"
    ):
        evenhand.run(wanted)
    (record,) = (tmp_path / "runs").iterdir()
    assert (record / "models" / "первая" / "fold0" / "seed0" / "predictions.parquet").is_file()
    assert not (record / "scores.json").exists()


def test_predicting_from_an_unfinished_run_is_told(data: Path, tmp_path: Path) -> None:
    with pytest.raises(RecordError):
        evenhand.predict(tmp_path, data)


def test_splitting_a_frame() -> None:
    frame = pd.DataFrame(
        {"label": list("aabb") * 6, "patient": np.arange(24) // 2, "name": [f"n{i}" for i in range(24)]}
    )
    folds = evenhand.split(frame, group="patient", id="name", k=3)
    assert folds.k == 3
    assert set(folds.ids) == set(frame["name"])
    assert pd.Series(folds.fold).groupby(frame["patient"]).nunique().max() == 1
    with pytest.raises(EvenhandError, match='no column named "patiant"'):
        evenhand.split(frame, group="patiant")


def test_epochs_are_a_frame_with_a_row_per_fit_and_epoch(done: Run) -> None:
    table = done.epochs()
    assert len(table) == len(table.drop_duplicates(["model", "fold", "seed", "epoch"])) == 2 + 4
    assert set(table["model"]) == {"первая", "b"}
    assert table["train_loss"].notna().all()


def test_a_run_has_a_name_and_a_note_where_it_is_listed(data: Path, done: Run) -> None:
    table = evenhand.runs(data.parent / "runs")
    row = table[table["record"] == str(done.path)].iloc[0]
    assert (row["name"], row["note"]) == ("первый [red]", "a note")
    assert "первый [red]" in done.report.read_text()
    words = CliRunner().invoke(app, ["runs", str(data.parent / "runs")], env={"COLUMNS": "80"}).stdout
    assert "первый [red]" in words
    assert "a note" in words
    assert max(map(len, words.splitlines())) <= 80
