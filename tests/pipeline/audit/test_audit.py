"""Audits of a run and of files that somebody else wrote."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import evenhand
from evenhand.base.errors import EvenhandError
from evenhand.base.values import Folds, Predictions
from evenhand.cli.app import app
from evenhand.pipeline.audit.refit import folds_of_groups, keeps_groups_whole, refit_models
from evenhand.pipeline.verbs.run import Run
from evenhand.testing.kinds import generate

pytestmark = pytest.mark.xdist_group("audit")  # one process, so that its fixtures are made once

CLASSES = ("яблоко", "b", "c")


def table(seed: int, *, weight: float = 0.35, rows: int = 300, shops: int = 12) -> pd.DataFrame:
    """Return predictions of a model that fails in shop 3; folds are dealt by row, so that they divide the shops."""
    same, own = np.random.default_rng(0), np.random.default_rng(seed)
    truth, shop = same.integers(0, 3, rows), same.integers(0, shops, rows)
    told = (1 - weight) * own.dirichlet(np.ones(3), rows) + weight * np.eye(3)[truth]
    told[shop == 3] = own.dirichlet(np.ones(3), int((shop == 3).sum()))
    named = {f"p:{name}": told[:, c] for c, name in enumerate(CLASSES)}
    return pd.DataFrame(
        {
            "id": [f"r{i}" for i in range(rows)],
            "fold": np.arange(rows) % 5,
            "truth": [CLASSES[t] for t in truth],
            "group": [f"shop {s}" for s in shop],
            **named,
        }
    )


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "one.csv", tmp_path / "two.csv"]
    for seed, path in enumerate(paths, start=1):
        table(seed).to_csv(path, index=False)
    return paths


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("audit")
    data = generate("photos", folder / "data", rows=90).toml.parent
    config = {
        "output": str(folder / "runs"),
        "data": {"root": str(data), "table": "labels.csv", "label": "class", "group": "series"},
        "folds": {"k": 2, "test": {"fraction": 0.25}},
        "photos": {"size": 32},
        "model": [
            {"name": "a", "encoder": "small", "tune": "head"},
            {"name": "b", "encoder": "small", "tune": "head", "normalise": "layer"},
            {"name": "whole", "encoder": "small", "tune": "all"},
        ],
        "train": {"epochs": 1, "batch_size": 32},
        "compute": {"store": str(folder / "store"), "workers": 0},
        "evaluate": {"draws": 200},
    }
    return evenhand.run(config)


def test_a_file_is_audited_by_its_groups(files: list[Path]) -> None:
    found = evenhand.audit(files[0])
    assert found.audit.groups[0].name == "shop 3"
    assert [one.method for one in found.calibration] == ["", "temperature"]
    before, after = found.calibration
    assert after.figures["log_loss"].estimate < before.figures["log_loss"].estimate
    assert after.figures["accuracy"].estimate == before.figures["accuracy"].estimate
    assert json.dumps(found.document())


def test_an_audit_has_the_findings_of_the_figures(tmp_path: Path) -> None:
    table(1, shops=60).to_csv(tmp_path / "unsure.csv", index=False)
    found = evenhand.audit(tmp_path / "unsure.csv")
    assert "EH408" in {finding.code for finding in found.findings}


def test_a_file_without_folds_is_not_out_of_fold_here(files: list[Path], tmp_path: Path) -> None:
    loose = tmp_path / "loose.csv"
    pd.read_csv(files[0]).drop(columns="fold").to_csv(loose, index=False)
    found = evenhand.audit(loose)
    assert found.calibration == ()
    assert "EH405" in {finding.code for finding in found.findings}


def test_blends_are_learned_again_without_the_groups(files: list[Path]) -> None:
    found = evenhand.audit(files, model="one", refit=True)
    assert found.refit is not None
    assert found.refit.seen == ("one", "two")
    assert [row.what for row in found.refit.rows] == ["not possible", "not possible", "blend", "blend"]
    whole = [path.with_name(f"whole_{path.name}") for path in files]
    for path, to in zip(files, whole, strict=True):
        frame = pd.read_csv(path)
        frame.assign(fold=frame["group"].str[5:].astype(int) % 5).to_csv(to, index=False)
    kept = evenhand.audit(whole, model="whole_one", refit=True).refit
    assert kept is not None
    assert kept.seen == ()
    assert {row.name: row.what for row in kept.rows} == {
        "whole_one": "nothing",
        "whole_two": "nothing",
        "ensemble:equal": "blend",
        "ensemble:nnls": "blend",
    }
    assert kept.rows[0].before == kept.rows[0].after


def test_a_column_of_the_labels_can_be_audited_by(files: list[Path], tmp_path: Path) -> None:
    frame = pd.read_csv(files[0])
    towns = tmp_path / "labels.csv"
    frame.assign(label=frame["truth"], town=np.arange(len(frame)) % 4)[["id", "label", "town"]].to_csv(towns)
    found = evenhand.audit(files[0], by="town", labels=towns)
    assert {group.name for group in found.audit.groups} == {"0", "1", "2", "3"}
    assert {group.groups for group in found.audit.groups} == {12}
    plain = evenhand.audit(files[0], labels=towns)
    assert found.audit.figure == plain.audit.figure
    both = evenhand.audit(files[0], by=["town", "fold"], labels=towns)
    assert [one.column for one in both.audit.slices] == ["town", "fold"]


def test_locked_rows_are_audited_when_asked_for(done: Run) -> None:
    found = evenhand.audit(done.record, model="a", of="test")
    assert found.audit.figure.n == int((done.record.folds().fold == -1).sum())
    with pytest.raises(EvenhandError, match='no choice named "tset"'):
        evenhand.audit(done.record, of="tset")


def test_a_run_is_audited_with_heads_trained_again(done: Run) -> None:
    samples = done.record.samples()
    by = np.arange(len(samples)) % 3
    samples.frame["shift"] = [f"shift {i}" for i in by]
    done.record.write_samples(samples)
    found = evenhand.audit(done.record, model="a", by="shift", refit=True, parts=3)
    assert found.refit is not None
    what = {row.name: row.what for row in found.refit.rows}
    assert what == {
        "a": "head",
        "b": "head",
        "whole": "not possible",
        "ensemble:equal": "head and blend",
        "ensemble:nnls": "head and blend",
    }
    assert found.refit.seen == ("whole",)
    assert not list(done.path.parent.glob("*/refit*"))


def test_groups_that_folds_keep_whole_need_no_training(done: Run) -> None:
    found = evenhand.audit(done.record, model="a", refit=True)
    assert found.refit is not None
    assert {row.what for row in found.refit.rows} == {"nothing", "blend"}


def test_the_run_itself_holds_an_audit_and_the_findings(done: Run) -> None:
    document = done.record.json("evaluation.json")["audit"]
    assert document["holdouts"]
    assert done.record.json("examination.json")["passed"]
    assert "EH405" in done.record.json("examination.json")["passed"]
    assert len(done.record.json("test_opened.json")) == 1


def test_the_shell_writes_the_audit_into_the_record(done: Run) -> None:
    result = CliRunner().invoke(app, ["audit", str(done.path), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["metric"] == "macro_f1"
    assert json.loads((done.path / "audit.json").read_text())["by"] == "group"


def test_the_shell_prints_words(files: list[Path]) -> None:
    result = CliRunner().invoke(app, ["audit", str(files[0]), "--floor", "0.9"])
    assert result.exit_code == 0, result.output
    assert "shop 3" in result.stdout
    result = CliRunner().invoke(app, ["audit", str(files[0]), "--by", "fold", "--by", "group"])
    assert result.exit_code == 0, result.output
    assert "worst fold" in result.stdout
    assert "worst group" in result.stdout
    assert "does not cover data from elsewhere" in " ".join(result.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nope.csv"], "nope.csv"),
        (["{one}", "--by", "town"], 'To audit by "town", give the table'),
        (["{one}", "--metric", "macro_f2"], "macro_f1"),
        (["{one}", "{two}"], "Name the one to audit"),
        (["{one}", "--model", "oen"], 'Did you mean "one"'),
        (["{one}", "--held", "1.2"], "between 0 and 1"),
        (["{one}", "--coverage", "90"], "between 0 and 1"),
    ],
)
def test_wrong_use_is_told_in_words(files: list[Path], arguments: list[str], message: str) -> None:
    given = [a.format(one=files[0], two=files[1]) for a in arguments]
    result = CliRunner().invoke(app, ["audit", *given])
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.output


def predictions(n: int = 120) -> Predictions:
    rng = np.random.default_rng(0)
    ids = np.array([f"r{i}" for i in range(n)], dtype=object)
    fold = (np.arange(n) % 4).astype(np.int16)
    return Predictions(ids, CLASSES, rng.dirichlet(np.ones(3), n), rng.integers(0, 3, n), fold, model="m")


def test_folds_either_keep_groups_whole_or_do_not() -> None:
    p = predictions()
    whole = np.array([f"g{i % 4}" for i in range(120)], dtype=object)
    assert keeps_groups_whole(p, whole)
    assert not keeps_groups_whole(p, np.array([f"g{i % 7}" for i in range(120)], dtype=object))
    assert not keeps_groups_whole(replace(p, fold=None), whole)


def test_parts_never_divide_a_group() -> None:
    p = predictions()
    groups = np.array([f"g{i % 7}" for i in range(120)], dtype=object)
    parts = folds_of_groups(p, groups, 5, 0)
    assert parts.k == 5
    assert pd.Series(parts.of(p.ids)).groupby(groups).nunique().max() == 1
    with pytest.raises(EvenhandError, match="two groups"):
        folds_of_groups(p, np.array(["g"] * 120, dtype=object), 5, 0)


def test_weights_of_a_refitted_blend_have_not_seen_the_judged_part() -> None:
    p = predictions(240)
    groups = np.array([f"g{i % 8}" for i in range(240)], dtype=object)
    assert p.truth is not None
    p = replace(p, probabilities=0.6 * p.probabilities + 0.4 * np.eye(3)[p.truth])
    liar = replace(p, model="liar", probabilities=np.eye(3)[p.truth])
    half = np.array([name in {"g0", "g1", "g2", "g3"} for name in groups])
    liar = replace(liar, probabilities=np.where(half[:, None], liar.probabilities, np.eye(3)[(p.truth + 1) % 3]))
    parts = Folds(p.ids, np.where(half, 0, 1).astype(np.int16), 2)
    found = refit_models(
        [p, liar], {"m": p, "liar": liar}, groups, ["nnls"], parts=parts, metric="accuracy", draws=200, seed=0
    )
    again = next(row for row in found.rows if row.name == "ensemble:nnls")
    assert again.after.estimate < again.before.estimate


def test_parts_are_not_called_groups_and_small_ones_are_only_counted(files: list[Path]) -> None:
    """By a column with an empty cell in every third row, and another value in each of some rows."""
    frame = pd.read_csv(files[0])
    kind = np.where(np.arange(len(frame)) % 3 == 0, "", np.where(np.arange(len(frame)) % 2, "x", "y")).astype(
        object
    )
    kind[1:40:3] = [f"s{i}" for i in range(13)]
    frame.assign(kind=kind).to_csv(files[0], index=False)
    done = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["audit", str(files[0]), "--by", "kind", "--by", "truth"])
    assert done.exit_code in (0, 1), done.output
    assert "12 of 12 groups are in several folds" in done.output
    assert "(empty)" in done.output
    assert "id:" not in done.output
    assert "s12" not in done.output
    assert "Of 16 values of kind" in done.output
    whole = frame.assign(fold=[int(name.split()[1]) % 5 for name in frame["group"]])
    whole.to_csv(files[0], index=False)
    done = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["audit", str(files[0]), "--by", "truth"])
    assert "lie in several folds" not in done.output
