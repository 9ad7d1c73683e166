"""Anybody's files made one prediction, and what that is worth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import evenhand
from evenhand.base.errors import DataError
from evenhand.base.storage.files.atomic import to_json, write_frame
from evenhand.base.storage.record import Record
from evenhand.base.values import Folds, Predictions, Samples
from evenhand.cli.app import app
from evenhand.evaluation.reading.labels import TruthTable, read_labels
from evenhand.settings.load import load

CLASSES = list("abc")


def table(skill: float, seed: int, n: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    truth = np.random.default_rng(0).integers(0, 3, n)
    raw = rng.normal(size=(n, 3)) + skill * np.eye(3)[truth]
    out = pd.DataFrame(np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True), columns=CLASSES)
    out.insert(0, "fold", np.arange(n) % 5)
    out.insert(0, "id", [f"r{i}" for i in range(n)])
    return out


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    truth = np.random.default_rng(0).integers(0, 3, 200)
    one, two, three = table(1.0, 1), table(2.0, 2), table(1.5, 3)
    one.to_csv(tmp_path / "one.csv", index=False)
    two.sample(frac=1, random_state=0)[["id", "c", "b", "a", "fold"]].to_parquet(tmp_path / "two.parquet")
    np.savez(
        tmp_path / "three.npz",
        ids=three["id"].to_numpy(dtype=str),
        classes=np.array(CLASSES),
        probabilities=three[CLASSES].to_numpy(),
        fold=np.random.default_rng(0).permutation(three["fold"].to_numpy()),
    )
    labels = pd.DataFrame({"id": one["id"], "kind": [CLASSES[t] for t in truth], "series": np.arange(200) // 4})
    labels.to_csv(tmp_path / "labels.csv", index=False)
    return tmp_path


def labels_of(folder: Path) -> TruthTable:
    return read_labels(folder / "labels.csv", label="kind", group="series")


def test_files_of_every_kind_become_one(folder: Path) -> None:
    sources = [folder / name for name in ("one.csv", "two.parquet", "three.npz")]
    made = evenhand.ensemble(*sources, labels=labels_of(folder), methods=["equal", "nnls+temperature"], draws=200)
    assert made.models.names == ("one", "two", "three")
    assert [c.out_of_fold_here for c in made.models.coverage] == [True, True, False]
    assert [one.name for one in made.blends] == ["ensemble:equal", "ensemble:nnls+temperature"]
    assert made.nested_evaluation.groups == 50
    assert not made.nested_evaluation.step("ensemble:equal").reliable
    assert {"models", "blends", "nested_evaluation", "rows", "findings"} == set(made.document())
    to_json(made.document())


def test_blends_are_written_so_that_they_can_be_read_again(folder: Path) -> None:
    made = evenhand.ensemble(folder / "one.csv", folder / "two.parquet", labels=labels_of(folder), draws=200)
    write_frame(made.predictions, folder / "out.csv")
    equal, nnls = evenhand.read_predictions(folder / "out.csv")
    assert (equal.model, nnls.model) == ("ensemble:equal", "ensemble:nnls")
    assert equal.probabilities == pytest.approx(made.blends[0].predictions.probabilities)
    assert (equal.truth == made.models.first.truth).all()


def test_new_rows_are_blended_like_the_old(folder: Path) -> None:
    for name, skill, seed in (("n1", 1.0, 7), ("n2", 2.0, 8)):
        table(skill, seed, 20).drop(columns="fold").assign(id=[f"n{i}" for i in range(20)]).to_csv(
            folder / f"{name}.csv", index=False
        )
    sources, new = [folder / "one.csv", folder / "two.parquet"], [folder / "n1.csv", folder / "n2.csv"]
    made = evenhand.ensemble(*sources, labels=labels_of(folder), methods=["nnls"], new=new, draws=200)
    (one,) = made.blends
    assert one.test.origin == "test"
    assert set(made.predictions["set"]) == {"oof", "test"}
    with pytest.raises(
        DataError, match="Predictions of 1 models were given for new rows, but 2 models are blended"
    ):
        evenhand.ensemble(*sources, labels=labels_of(folder), new=new[:1], draws=200)


def test_rows_that_one_lacks_are_left_out_only_when_that_is_said(folder: Path) -> None:
    table(1.0, 4, 150).to_csv(folder / "part.csv", index=False)
    sources = [folder / "one.csv", folder / "part.csv"]
    with pytest.raises(DataError, match='"part" lacks 50 rows of "one".*--rows common'):
        evenhand.ensemble(*sources, labels=labels_of(folder))
    made = evenhand.ensemble(*sources, labels=labels_of(folder), rows="common", draws=200)
    assert len(made.models.first) == 150
    assert made.nested_evaluation.gaps[0].lacking == 50


def test_without_any_folds_a_plan_is_made_and_nothing_is_believed(folder: Path) -> None:
    for name in ("one", "four"):
        table(1.0, len(name)).drop(columns="fold").to_csv(folder / f"{name}.csv", index=False)
    made = evenhand.ensemble(folder / "one.csv", folder / "four.csv", labels=labels_of(folder), draws=200)
    assert made.models.elsewhere == ("one", "four")
    first = made.models.first
    pairs = {(group, fold) for group, fold in zip(first.groups, first.fold, strict=True)}
    assert len(pairs) == len(set(first.groups))


def test_fewer_groups_than_five_make_a_plan_of_as_many_folds(folder: Path) -> None:
    table(1.0, 4).drop(columns="fold").assign(group=np.arange(200) % 3).to_csv(folder / "few.csv", index=False)
    labels = read_labels(folder / "labels.csv", label="kind")
    made = evenhand.ensemble(folder / "few.csv", labels=labels, methods=["equal"], draws=50)
    assert set(made.models.first.fold) == {0, 1, 2}


@pytest.mark.parametrize(
    ("rows", "group", "words"), [(200, "g", "from 1 group. Give"), (1, None, "from 1 row. Give")]
)
def test_one_group_cannot_be_dealt_to_folds_and_says_so(
    folder: Path, rows: int, group: str | None, words: str
) -> None:
    one = table(1.0, 4, rows).drop(columns="fold")
    (one if group is None else one.assign(group=group)).to_csv(folder / "alone.csv", index=False)
    with pytest.raises(DataError, match=words):
        evenhand.ensemble(folder / "alone.csv", labels=read_labels(folder / "labels.csv", label="kind"))
    arguments = ["ensemble", str(folder / "alone.csv"), "--labels", str(folder / "labels.csv"), "--label", "kind"]
    result = CliRunner().invoke(app, arguments)
    assert (result.exit_code, "cannot be made" in " ".join(result.stderr.split())) == (2, True)


def test_models_of_one_name_are_told_apart(folder: Path) -> None:
    (folder / "more").mkdir()
    table(1.5, 5).to_csv(folder / "more" / "one.csv", index=False)
    made = evenhand.ensemble(folder / "one.csv", folder / "more" / "one.csv", labels=labels_of(folder), draws=200)
    assert made.models.names == (f"{folder.name}/one", "more/one")


def test_the_shell_says_the_same(folder: Path) -> None:
    files = [str(folder / "one.csv"), str(folder / "two.parquet")]
    told = ["--labels", str(folder / "labels.csv"), "--label", "kind", "--group", "series"]
    method = ["--method", '{name = "greedy", rounds = 5}', "--to", str(folder / "out.parquet")]
    result = CliRunner().invoke(app, ["ensemble", *files, *told, *method, "--json"])
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert list(document["blends"]) == ["greedy(rounds=5)"]
    assert (folder / "out.parquet").is_file()
    words = CliRunner().invoke(app, ["ensemble", *files, *told])
    assert "optimism" in words.stdout
    assert "200 rows in 50 independent groups" in words.stdout


def run_of(output: Path, seed: int, **balance: object) -> Record:
    """Return the record of a run of one model, lite, on rows of 80 : 15 : 5."""
    config = {
        "data": {"kind": "photos", "root": str(output)},
        "model": [{"name": "lite", "encoder": "package:efficientnet-lite0"}],
        "evaluate": {"logistic_regression": False},
        "balance": balance,
    }
    truth = np.repeat([0, 1, 2], [160, 30, 10])
    ids = np.array([f"r{i}" for i in range(200)], dtype=object)
    frame = pd.DataFrame({"id": ids, "path": ids})
    record = Record.create(
        output,
        asked="",
        resolved=load(config).resolved(),
        data={"kind": "photos", "classes": CLASSES},
        samples=Samples(frame, tuple(CLASSES), truth),
    )
    fold = (np.arange(200) % 5).astype(np.int16)
    record.write_folds(Folds(ids, fold, 5))
    raw = np.random.default_rng(seed).normal(size=(200, 3)) + np.eye(3)[truth]
    shares = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    table = Predictions(ids, tuple(CLASSES), shares, truth, fold, model="lite").frame()
    record.write_predictions(table.assign(model="lite", set="oof", truth=np.array(CLASSES)[truth]))
    return record


def test_runs_under_different_priors_are_told(tmp_path: Path) -> None:
    natural, even = run_of(tmp_path, 1), run_of(tmp_path, 2, correct_to="uniform")
    again = run_of(tmp_path, 3, sampler="balanced")  # trained otherwise, corrected to the same
    made = evenhand.ensemble(natural, even, methods=["equal"], draws=20)
    (found,) = made.findings
    assert found.code == "EH210"
    assert f"{natural.path.name}/lite stands for natural shares, {even.path.name}/lite for equal" in found.message
    assert found.patch is None
    assert [one["code"] for one in made.document()["findings"]] == ["EH210"]
    assert evenhand.ensemble(natural, again, methods=["equal"], draws=20).findings == ()
    words = CliRunner(env={"COLUMNS": "250"}).invoke(app, ["ensemble", str(natural.path), str(even.path)])
    assert "EH210 warning" in words.output


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--method", "nmls"], 'Did you mean "nnls"'),
        (["--method", "{name = "], "is not a TOML table"),
        (["--rows", "some"], "--rows: There is no choice"),
        (["--labels", "nowhere.csv"], "no such file"),
        (["--id", "key"], 'no column named "key"'),
    ],
)
def test_wrong_use_is_told_in_words(folder: Path, more: list[str], words: str) -> None:
    labels = [] if "--labels" in more else ["--labels", str(folder / "labels.csv"), "--label", "kind"]
    result = CliRunner().invoke(app, ["ensemble", str(folder / "one.csv"), *labels, *more])
    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr
