"""A run says what its ensembles are worth, and its models can be compared."""

from __future__ import annotations

from pathlib import Path

import pytest

import evenhand
from evenhand.pipeline.run import Run
from evenhand.testing.kinds import generate

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder: Path = tmp_path_factory.mktemp("worth")
    data = generate("photos", folder / "data", rows=90).toml.parent
    return evenhand.run(
        {
            "output": str(folder / "runs"),
            "data": {"root": str(data), "table": "labels.csv", "label": "class", "group": "series"},
            "folds": {"k": 3},
            "photos": {"size": 32},
            "model": [
                {"name": "a", "encoder": "small", "tune": "head"},
                {"name": "b", "encoder": "small", "tune": "head", "train": {"epochs": 2}},
            ],
            "train": {"epochs": 1, "batch_size": 32},
            "compute": {"store": str(folder / "store"), "workers": 0},
            "evaluate": {"draws": 200},
            "ensemble": {"methods": ["equal", "nnls"]},
        }
    )


def test_the_record_holds_the_ladder(done: Run) -> None:
    worth = done.record.json("worth.json")
    rows = {row["name"]: row for row in worth["rows"]}
    assert list(rows) == ["a", "b", "ensemble:equal", "ensemble:nnls"]
    nested = done.document()["scores"]["ensemble:nnls"]["oof"]["macro_f1"]["estimate"]
    assert rows["ensemble:nnls"]["nested"]["estimate"] == pytest.approx(nested)
    flattery = rows["ensemble:nnls"]["naive"]["estimate"] - nested
    assert rows["ensemble:nnls"]["optimism"] == pytest.approx(flattery)
    assert worth["best"]["of"] == 4


def test_the_models_of_a_run_are_compared_and_unequal_budgets_named(done: Run) -> None:
    found = evenhand.compare(done.path, draws=200)
    assert found.names == ("a", "b", "ensemble:equal", "ensemble:nnls")
    assert found.metrics == ("macro_f1",)
    assert found.conditions == ("train.epochs 1 against 2",)
    assert evenhand.compare(done.path, done.path, model="b", draws=50).changes[0].net == 0
