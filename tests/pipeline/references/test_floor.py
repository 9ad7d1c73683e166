"""The floor: a forest on trivial features, on the folds of a run."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import evenhand
from evenhand.base.values import Samples
from evenhand.pipeline.references.floor import FILE, fitted
from evenhand.testing.kinds import generate


def samples_of(labels, names=("a", "b", "c")):
    frame = pd.DataFrame({"id": [f"r{i}" for i in range(len(labels))]})
    return Samples(frame, names, labels)


def test_probabilities_are_those_of_the_forest_and_never_zero():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 80)  # no row of "c"
    features = labels[:, None] + rng.normal(0, 0.1, (80, 1))
    fit = np.arange(80) < 60
    (found,) = fitted(samples_of(labels), features, fit, [features[~fit]], seed=0)
    assert found.sum(axis=1) == pytest.approx(np.ones(20))
    assert (found.argmax(axis=1) == labels[~fit]).all()
    assert (found > 0).all()
    (again,) = fitted(samples_of(labels), features, fit, [features[~fit]], seed=0)
    assert np.array_equal(found, again)


def test_of_several_labels_each_is_predicted_also_one_that_no_row_has():
    rng = np.random.default_rng(0)
    held = rng.integers(0, 2, (80, 3)).astype(float)
    held[:, 2] = 0
    held[3, 0] = np.nan
    features = np.nan_to_num(held) + rng.normal(0, 0.1, held.shape)
    fit = np.arange(80) < 60
    (found,) = fitted(samples_of(held), features, fit, [features[~fit]], seed=0)
    assert ((found[:, :2] > 0.5) == (held[~fit, :2] > 0.5)).all()
    assert (found[:, 2] < 0.1).all()


@pytest.mark.slow
def test_it_stands_in_the_scores_is_resumed_and_can_be_left_out(tmp_path: Path) -> None:
    root = generate("photos", tmp_path / "data", rows=40).toml.parent
    config = {
        "output": str(tmp_path / "runs"),
        "data": {"root": str(root), "table": "labels.csv", "label": "class", "group": "series"},
        "folds": {"k": 2, "test": {"fraction": 0.25}},
        "photos": {"size": 32},
        "model": [{"name": "net", "encoder": "small", "tune": "all"}],
        "train": {"epochs": 1},
        "compute": {"store": str(tmp_path / "store"), "workers": 0},
        "evaluate": {"draws": 200},
    }
    done = evenhand.run(config)
    floor = "floor: size and colour"
    scores = done.scores
    assert set(scores.loc[scores["name"] == floor, "set"]) == {"oof", "test"}
    assert done.best == "net"
    assert floor not in set(done.predictions["model"])
    assert floor in done.report.read_text(encoding="utf-8")
    written = (done.path / FILE).read_bytes()
    (done.path / "scores.json").unlink()
    (done.path / FILE).unlink()
    again = evenhand.run(config)
    assert (again.path, (again.path / FILE).read_bytes()) == (done.path, written)
    without = evenhand.run(config, changes=["evaluate.floor=false"])
    assert set(without.scores["name"]) == {"net"}
