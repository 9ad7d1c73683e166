"""`rank`: models of many runs and logs by mean and deviation, with paired verdicts on shared rows."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import evenhand
from evenhand.base.errors import DataError
from evenhand.base.storage.files.atomic import to_json
from evenhand.cli.app import app
from evenhand.testing.kinds import generate


def log(folder: Path, name: str, accuracy: list[float], **more: list[float]) -> Path:
    path = folder / name
    columns = {"epoch": range(1, len(accuracy) + 1), "val_accuracy": accuracy, **more}
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


def test_logs_are_ranked_by_the_mean_of_their_fits(tmp_path: Path) -> None:
    rows = [
        {"model": m, "fold": f, "epoch": e, "val_accuracy": a + 0.1 * f + 0.01 * e}
        for m, a in (("a", 0.5), ("b", 0.6))
        for f in (0, 1, 2)
        for e in (1, 2)
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "both.csv", index=False)
    other = log(tmp_path, "other.csv", [0.9, 0.8])
    found = evenhand.rank(tmp_path / "both.csv", other)
    assert found.metric == "accuracy"
    assert found.table["model"].tolist() == ["other.csv", "b", "a"]
    b = found.table.iloc[1]
    assert (b["mean"], b["deviation"]) == (pytest.approx(0.72), pytest.approx(0.1))
    assert (b["fits"], b["folds"], b["lowest"], b["highest"]) == (3, 3, pytest.approx(0.62), pytest.approx(0.82))
    assert np.isnan(found.table.iloc[0]["deviation"])
    assert found.comparison is None
    json.loads(to_json(found.document()))


def test_a_loss_is_ranked_from_below_and_models_without_it_are_named(tmp_path: Path) -> None:
    a = log(tmp_path, "a.csv", [0.5, 0.6], val_loss=[2.0, 1.0])
    b = log(tmp_path, "b.csv", [0.5, 0.6], val_loss=[2.0, 0.5])
    c = log(tmp_path, "c.csv", [0.5, 0.6])
    found = evenhand.rank(a, b, c, metric="loss")
    assert found.table["run"].tolist() == ["b.csv", "a.csv"]
    assert found.notes == ("Left out, for having no loss: c.csv/c.csv.",)
    with pytest.raises(DataError, match='no metric in the logs named "macro_f1"'):
        evenhand.rank(a, b, metric="macro_f1")


def test_a_source_that_cannot_be_read_is_left_out_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "broken.csv").write_text("epoch,loss,loss\n1,2,3\n")
    found = evenhand.rank(log(tmp_path, "a.csv", [0.5]), tmp_path / "broken.csv")
    assert found.notes == ("Left out: broken.csv: two columns are called loss. Rename one of them.",)
    with pytest.raises(DataError, match="is neither a run, a log, nor a folder of runs"):
        evenhand.rank(tmp_path)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two small runs on the same photos."""
    folder = tmp_path_factory.mktemp("ranked")
    generate("photos", folder / "a", rows=60, seed=1)
    for epochs in (1, 3):
        evenhand.run(
            {
                "output": str(folder / "runs"),
                "name": f"{epochs} epochs",
                "data": {"root": str(folder / "a"), "table": "labels.csv", "label": "class", "group": "series"},
                "folds": {"k": 2},
                "photos": {"size": 32},
                "model": [{"name": "net", "encoder": "small", "tune": "head"}],
                "train": {"epochs": epochs, "batch_size": 32},
                "compute": {"store": str(folder / "store"), "workers": 0},
                "evaluate": {"draws": 200},
            }
        )
    return folder / "runs"


@pytest.mark.slow
def test_runs_that_share_rows_get_paired_verdicts(runs: Path) -> None:
    found = evenhand.rank(runs, draws=200)
    assert found.table["fits"].tolist() == [2, 2]
    assert found.table["verdict"].iloc[0] == ""
    verdict = found.table.iloc[1]
    paired = evenhand.compare(
        *(runs / run for run in found.table["run"]), metrics=[found.metric], model="net", draws=200
    )
    assert verdict["verdict"] == paired.verdicts[0].word
    assert verdict["difference"] == pytest.approx(paired.verdicts[0].difference.estimate)
    shown = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["runs", str(runs), "--rank"])
    assert shown.exit_code == 0, shown.output
    assert "against the first" in shown.output
    assert "shared rows" in shown.output


@pytest.mark.slow
def test_the_mean_is_that_of_the_epochs_kept(runs: Path) -> None:
    found = evenhand.rank(runs)
    for row in found.table.to_dict(orient="records"):
        tasks = sorted((runs / row["run"]).glob("models/net/fold*/seed*/task.json"))
        scores = [json.loads(path.read_text())["score"] for path in tasks]
        assert row["mean"] == pytest.approx(np.mean(scores))
        assert row["deviation"] == pytest.approx(np.std(scores, ddof=1))
