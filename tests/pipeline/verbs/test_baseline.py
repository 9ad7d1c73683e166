"""The standing row: a logistic regression on frozen features beside every model, and the features themselves."""

from pathlib import Path

import numpy as np
import pytest
import timm
from safetensors.torch import save_file

import evenhand
from evenhand.base.errors import EvenhandError
from evenhand.models.baseline import LOGISTIC_REGRESSION
from evenhand.pipeline.stages.run_features import features_of_run
from evenhand.pipeline.verbs.run import Run
from evenhand.review.rows.from_record import from_record
from evenhand.review.rows.nearest import NearestRows
from evenhand.testing.kinds import generate

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("baseline")


@pytest.fixture(scope="module")
def done(folder: Path) -> Run:
    data = generate("photos", folder / "data", rows=60).toml.parent
    backbone = timm.create_model("test_resnet", pretrained=False)
    save_file(backbone.state_dict(), folder / "tiny.safetensors", metadata={"architecture": "test_resnet"})
    model = {"encoder": f"file:{folder / 'tiny.safetensors'}", "architecture": "test_resnet"}
    return evenhand.run(
        {
            "output": str(folder / "runs"),
            "data": {"root": str(data), "table": "labels.csv", "label": "class", "group": "series"},
            "folds": {"k": 2, "test": {"fraction": 0.25}},
            "photos": {"size": 32},
            "model": [{**model, "name": "tuned", "tune": "all"}, {**model, "name": "frozen"}],
            "train": {"epochs": 1, "batch_size": 32},
            "compute": {"store": str(folder / "store"), "workers": 0},
            "evaluate": {"draws": 200},
        }
    )


def test_it_stands_in_every_table_and_is_neither_chosen_nor_blended(done: Run) -> None:
    scores = done.scores
    assert set(scores.loc[scores["name"] == LOGISTIC_REGRESSION, "set"]) == {"oof", "test"}
    assert done.best != LOGISTIC_REGRESSION
    weights = done.record.json("ensemble.json")["nnls"]
    assert LOGISTIC_REGRESSION not in str(weights)
    assert LOGISTIC_REGRESSION in done.report.read_text(encoding="utf-8")


def test_it_answers_for_new_rows_when_it_is_asked(done: Run, folder: Path) -> None:
    found = evenhand.predict(done.path, folder / "data", model=LOGISTIC_REGRESSION)
    assert found.model == LOGISTIC_REGRESSION
    assert len(found.table) >= 60


def test_features_come_as_an_array_with_ids(done: Run) -> None:
    found = done.features()
    assert found.model == LOGISTIC_REGRESSION
    assert list(found.ids) == list(done.record.samples().ids)
    assert np.asarray(found).shape == found.shape == (len(found), found.frame().shape[1])
    assert done.features("frozen").values == pytest.approx(found.values)
    with pytest.raises(EvenhandError, match="tuned does not have a frozen part"):
        done.features("tuned")
    with pytest.raises(EvenhandError, match='"frozn".*Did you mean|frozen'):
        done.features("frozn")


def test_a_review_finds_near_rows_by_features_of_the_store_and_computes_none(
    done: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = from_record(done.record)
    near = NearestRows.of_record(rows, done.record)
    near.wait()
    found = near.of(str(rows.ids[0]), 3)
    assert found.by == f"the features that {LOGISTIC_REGRESSION} starts from"
    values = done.features().values
    values = values / np.linalg.norm(values, axis=1, keepdims=True)
    assert found.positions[0] == np.argsort(-(values @ values[0]))[1]
    (folder / "store").rename(folder / "gone")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "empty"))
    with pytest.raises(EvenhandError):
        features_of_run(done.record, stored_only=True)
    assert NearestRows.of_record(rows, done.record).of(str(rows.ids[0]), 3).by == "probabilities"
    (folder / "gone").rename(folder / "store")
