"""`earliness` on a small run of scan lines, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import evenhand
from evenhand.base.errors import EvenhandError
from evenhand.cli.app import app
from evenhand.evaluation.reading.from_record import of_record
from evenhand.pipeline.earliness.thresholds import stored_thresholds
from evenhand.pipeline.verbs.run import Run
from evenhand.testing.kinds import generate

pytestmark = pytest.mark.xdist_group("earliness")  # one process, so that the run is made once


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    home = tmp_path_factory.mktemp("earliness")
    toml = generate("scanlines", home / "data", rows=60).toml
    told = {
        "output": str(home / "runs"),
        "compute.store": str(home / "store"),
        "compute.workers": 0,
        "folds.k": 2,
        "train.epochs": 1,
        "evaluate.draws": 200,
        "model": '[{name = "gru", encoder = "scan_conv_gru", tune = "all", options = {width = 8, channels = 2}}, '
        '{name = "frozen", encoder = "scan_conv_gru", tune = "head", options = {width = 8, channels = 2}}, '
        '{name = "statistics", encoder = "scan_statistics", head = "logistic_regression"}]',
    }
    return evenhand.run(str(toml), changes=[f"{key}={value}" for key, value in told.items()])


@pytest.mark.parametrize("model", ["gru", "frozen", "statistics"])
def test_whole_rows_are_what_the_run_predicted(run: Run, model: str) -> None:
    found = evenhand.earliness(run.path, model=model, metrics=["accuracy", "macro_f1"], draws=100)
    assert len(found.steps) == 8
    assert list(found.table["steps"].unique()) == list(found.steps)
    whole = next(p for p in of_record(run.record) if p.model == model)
    assert np.allclose(found.predictions[-1].probabilities, whole.probabilities, atol=1e-6)
    assert not np.allclose(found.predictions[0].probabilities, whole.probabilities, atol=1e-3)
    assert set(found.verdicts[found.steps[0]]) == {"accuracy", "macro_f1"}
    assert found.verdicts.get(found.steps[-1], {}) == {}
    assert found.decisions is not None
    assert found.decisions.rows == len(whole)
    kept = stored_thresholds(run.record, model)[0.9]
    assert kept.steps == found.steps
    assert (np.inf if kept.threshold is None else kept.threshold) == found.decisions.threshold
    json.dumps(found.document())
    assert "after" in repr(found)


def test_the_shell_prints_the_steps_asked_for(run: Run) -> None:
    done = CliRunner().invoke(app, ["earliness", str(run.path), "--steps", "4,8", "--metric", "accuracy"])
    assert done.exit_code == 0, done.output
    words = " ".join(done.stdout.split())
    assert "steps metric estimate interval against whole rows" in words
    assert " 4 accuracy" in words
    assert "Decided as early as a precision of 90% seems to allow" in words


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"steps": [0]}, "steps has 0; a row is seen from its first step on"),
        ({"precision": 1.5}, "precision is 1.5; it is a share between 0 and 1"),
        ({"model": "gro"}, 'did you mean "gru"|Did you mean "gru"'),
    ],
)
def test_what_cannot_be_is_refused_in_words(run: Run, asked: dict[str, Any], words: str) -> None:
    with pytest.raises(EvenhandError, match=words):
        evenhand.earliness(run.path, **asked)


def test_steps_that_are_no_numbers_are_refused(run: Run) -> None:
    done = CliRunner().invoke(app, ["earliness", str(run.path), "--steps", "4,x"])
    assert done.exit_code != 0
