"""Comparing files and predictions through the verb, in Python and in the shell."""

import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

import evenhand
from evenhand.base.values import Predictions
from evenhand.cli.app import app
from evenhand.pipeline.compare import findings


def model(name, skill, n=300, seed=0):
    rng = np.random.default_rng(seed)
    truth, luck = rng.integers(0, 3, n), np.random.default_rng(len(name)).random(n)
    answer = np.where(luck < skill, truth, (truth + 1) % 3)
    ids = np.array([f"r{i}" for i in range(n)], dtype=object)
    return Predictions(
        ids, ("a", "b", "c"), 0.7 * np.eye(3)[answer] + 0.1, truth, (np.arange(n) % 5).astype(np.int16), model=name
    )


@pytest.fixture
def files(tmp_path):
    out = []
    for p in (model("old", 0.6), model("newer", 0.95)):
        path = tmp_path / f"{p.model}.csv"
        p.frame().drop(columns=["predicted", "confidence"]).to_csv(path, index=False)
        out.append(path)
    return out


def test_files_and_predictions_give_the_same_verdict(files):
    of_files = evenhand.compare(*files, metrics=["accuracy"], draws=100)
    direct = evenhand.compare(model("old", 0.6), model("newer", 0.95), metrics=["accuracy"], draws=100)
    assert of_files.verdicts[0].document() == direct.verdicts[0].document()
    assert of_files.verdicts[0].word == "better"
    assert of_files.conditions == ()


def test_what_differs_beside_the_model_is_found():
    old, new = model("old", 0.6), model("newer", 0.95)
    moved = replace(new, fold=np.roll(new.fold, 3) * 0 + (np.arange(300) // 60).astype(np.int16))
    found = evenhand.compare(old, moved.take(np.arange(280)), metrics=["accuracy"], draws=50)
    assert found.conditions[0] == '20 rows are in "old" alone and are not compared'
    assert "another plan of folds" in found.conditions[1]
    assert [f.code for f in findings(found)] == ["EH402"]


def test_the_shell_says_the_same_in_words_and_json(files, tmp_path):
    arguments = ["compare", *map(str, files), "--metric", "accuracy", "--ids", str(tmp_path / "ids.csv")]
    words = CliRunner().invoke(app, arguments)
    assert words.exit_code == 0, words.output
    assert "better" in words.output
    assert "improved" in words.output
    document = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert document["verdicts"][0]["verdict"] == "better"
    assert len((tmp_path / "ids.csv").read_text().splitlines()) > 50


@pytest.mark.parametrize(("option", "words"), [("--rows", "the same answer to"), ("--versions", "for the model")])
def test_two_versions_or_two_submissions(files, option, words):
    done = CliRunner().invoke(app, ["compare", *map(str, files), option])
    assert done.exit_code == 0, done.output
    assert words in done.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--rows"], "name two, not 1"),
        (["--against", "each"], "no choice named"),
        ([], "at least two are compared"),
    ],
)
def test_wrong_use_is_told(files, arguments, words):
    done = CliRunner().invoke(app, ["compare", str(files[0]), *arguments])
    assert done.exit_code == 2
    assert words in done.output
