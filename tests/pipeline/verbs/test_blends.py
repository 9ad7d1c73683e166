"""Blends of a run that look at what the store holds, learned again for new photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import evenhand
from evenhand.pipeline.verbs.run import Run
from evenhand.testing.kinds import generate

pytestmark = pytest.mark.slow

METHODS = ["equal+temperature", "neighbours", {"name": "experts", "least_errors": 1}]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate("photos", tmp_path_factory.mktemp("blends") / "data", rows=90).toml.parent


@pytest.fixture(scope="module")
def done(data: Path) -> Run:
    return evenhand.run(
        {
            "output": str(data.parent / "runs"),
            "data": {"root": str(data), "table": "labels.csv", "label": "class", "group": "series"},
            "folds": {"k": 3, "test": {"fraction": 0.25}},
            "photos": {"size": 32},
            "model": [
                {"name": "a", "encoder": "small", "tune": "head"},
                {"name": "b", "encoder": "small", "tune": "all"},
            ],
            "train": {"epochs": 1, "batch_size": 32},
            "compute": {"store": str(data.parent / "store"), "workers": 0},
            "evaluate": {"draws": 200},
            "ensemble": {"methods": METHODS},
        }
    )


def test_every_blend_is_judged_and_kept(done: Run) -> None:
    names = {"ensemble:equal+temperature", "ensemble:neighbours", "ensemble:experts(least_errors=1)"}
    assert names <= set(done.document()["scores"])
    kept = done.record.json("ensemble.json")
    assert set(kept) == {name.removeprefix("ensemble:") for name in names}
    assert "neighbours" in kept["neighbours"]
    assert "pairs" in kept["experts(least_errors=1)"]


@pytest.mark.parametrize("model", ["ensemble:neighbours", "ensemble:equal+temperature"])
def test_a_blend_answers_the_locked_rows_as_it_did_in_the_run(data: Path, done: Run, model: str) -> None:
    predicted = evenhand.predict(done.path, data / "images", model=model).table
    before = done.predictions
    before = before[(before["model"] == model) & (before["set"] == "test")]
    paths = done.record.samples().frame.set_index("id")["path"]
    names = paths.loc[before["id"]].str.removeprefix("images/").to_numpy()
    columns = [column for column in before if column.startswith("p:")]
    after = predicted.set_index("path").loc[names, columns].to_numpy()
    np.testing.assert_allclose(after, before[columns].to_numpy(), atol=1e-4)
