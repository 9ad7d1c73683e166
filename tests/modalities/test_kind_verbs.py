"""Every kind of data through the verbs: ours, and one from somebody else's package.

A kind trains, mixes rows, uses each of its profiles and views, is resumed, predicts, is evaluated and reported,
for one label and for several, without a change elsewhere.
"""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import evenhand
from evenhand.cli.app import app
from evenhand.modalities import KINDS
from evenhand.modalities.views import views_of
from evenhand.pipeline.verbs.run import Run
from evenhand.testing.kinds import Generated, generate

OURS = KINDS.names()
SIXTH = "weather"
ROWS = 60


def in_one_process(kind: str, *marks: pytest.MarkDecorator) -> Any:
    """Return a parameter whose tests share a process, so that each kind is trained once."""
    return pytest.param(kind, marks=[pytest.mark.xdist_group(f"kind_verbs {kind}"), *marks])


@pytest.fixture(scope="module", autouse=True)
def _installed(sixth_kind: None) -> None:
    """Have the sixth kind installed."""


@pytest.fixture(
    scope="module", params=[in_one_process(SIXTH), *(in_one_process(name, pytest.mark.slow) for name in OURS)]
)
def generated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generated:
    return generate(request.param, tmp_path_factory.mktemp(request.param), rows=ROWS)


def changes(generated: Generated, **more: Any) -> list[str]:
    kind, home = generated.kind, generated.toml.parent
    told = {
        "output": str(home / "runs"),
        "compute.store": str(home / "store"),
        "compute.workers": 0,
        "folds.k": 2,
        "folds.test": "none",
        "train.epochs": 1,
        "train.batch_size": 16,
        "train.mixup": 0.2 if kind.mixable else 0.0,
        "evaluate.draws": 200,
        **({"photos.size": 32} if kind.name == "photos" else {}),
        **more,
    }
    return [f"{key}={value}" for key, value in told.items()]


def models(generated: Generated) -> str:
    """Return a configuration of one small model for each profile of augmentations and each set of test views.

    And one whose encoder is frozen, on stored activations of two views.
    """
    kind = generated.kind
    quick = {"photos": "small", "beats": "rhythm"}.get(kind.name, kind.encoder)
    before = generated.toml.read_text(encoding="utf-8")
    small = tomllib.loads(before)["model"][0].get("options", {})
    text = before.partition("[[model]]")[0]
    asked = [(f"profile {name}", "none", name, "all") for name in kind.profiles]
    asked += [(f"views {name}", name, "none", "all") for name in kind.test_views]
    asked += [("frozen", "none", "none", "head")]
    for name, views, profile, tune in asked:
        encoder = kind.encoder if kind.name == "beats" and profile == kind.profiles[-1] else quick
        text += f'[[model]]\nname = "{name}"\nencoder = "{encoder}"\ntune = "{tune}"\ntest_views = "{views}"\n'
        text += f'views = 2\ntrain = {{ augment = "{profile}" }}\n'
        text += f"options = {{ {', '.join(f'{key} = {value}' for key, value in small.items())} }}\n"
    path = generated.toml.with_name("contract.toml")
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def done(generated: Generated) -> Run:
    return evenhand.run(models(generated), changes=changes(generated))


def test_the_sixth_kind_is_found_by_its_entry_point() -> None:
    assert SIXTH in KINDS
    assert KINDS.get(SIXTH).name == SIXTH


def test_it_trains_mixes_and_is_evaluated(generated: Generated, done: Run) -> None:
    assert done.record.finished
    assert done.report.is_file()
    table = done.scores
    names = {f"profile {name}" for name in generated.kind.profiles} | {
        f"views {n}" for n in generated.kind.test_views
    }
    names |= {"frozen"}
    assert set(table["name"]) >= {*names, "ensemble:equal"}
    assert np.isfinite(table.loc[table["metric"] == "macro_f1", "estimate"]).all()
    assert len(done.epochs()) == 2 * len(names)
    assert len(views_of(generated.kind, "none")) == 1


def test_a_killed_run_is_resumed_to_the_same_predictions(generated: Generated, done: Run) -> None:
    again = generated.toml.parent / "again"
    left = Path(shutil.copytree(done.path, again / done.path.name))
    for name in ("scores.json", "report.html", "predictions.parquet"):
        (left / name).unlink()
    lost = list(left.glob("models/*/fold1"))  # of every model, so that each is trained a second time
    assert len(lost) == len(list(left.glob("models/*/fold0"))) > 2
    for folder in lost:
        shutil.rmtree(folder)
    resumed = evenhand.run(models(generated), changes=changes(generated, output=str(again)))
    assert resumed.path == left
    assert all(folder.is_dir() for folder in lost)
    pd.testing.assert_frame_equal(resumed.predictions, done.predictions)


@pytest.mark.parametrize("model", [None, "ensemble:equal"])
def test_new_rows_are_predicted(generated: Generated, done: Run, model: str | None) -> None:
    found = evenhand.predict(done.path, generated.root.path, model=model)
    assert len(found.table) >= ROWS
    assert set(found.table["predicted"]) <= set(generated.samples().classes)


def test_rows_are_searched_for_by_id_and_as_new_rows(generated: Generated, done: Run, tmp_path: Path) -> None:
    first = str(done.record.samples().ids[0])
    fresh = generate(generated.kind.name, tmp_path / "new", rows=24, seed=9).root.path
    store = generated.toml.parent / "store"
    found = evenhand.retrieve(done.path, [first, fresh], model="profile none", k=3, store=store)
    assert set(found.table.loc[found.table["query"] == first, "rank"]) == {1, 2, 3}
    assert first not in set(found.table.loc[found.table["query"] == first, "id"])
    assert found.table["query"].nunique() > 2
    assert np.isfinite(found.table["similarity"]).all()
    page = found.save(tmp_path / "nearest.html")
    assert "data:image/" in page.read_text(encoding="utf-8")


def test_retrieval_is_evaluated(generated: Generated, done: Run) -> None:
    asked = ["retrieve", str(done.path), "--evaluate", "--model", "frozen", "--at", "5", "--json"]
    shown = CliRunner().invoke(app, [*asked, "--store", str(generated.toml.parent / "store")])
    assert shown.exit_code == 0, shown.stderr
    figures = {one["metric"]: one for one in json.loads(shown.stdout)["figures"]}
    assert set(figures) == {"map@all", "map@5", "precision@5", "recall@5"}
    for one in figures.values():
        assert 0 <= one["low"] <= one["estimate"] <= one["high"] <= 1
        assert 0 < one["floor"] < 1


def test_new_rows_are_diagnosed(generated: Generated, done: Run, tmp_path: Path) -> None:
    fresh = generate(generated.kind.name, tmp_path / "new", rows=24, seed=9)
    found = evenhand.diagnose(done.path, fresh.root.path, model="profile none")
    assert found.rows.predicted == len(found.table) > 0
    assert found.rows.trained_on == 0
    assert found.unlike is not None
    assert np.isfinite(found.table["distance"]).all()
    assert found.rows.known == 0 or found.figures
    page, _ = found.save(tmp_path / "out")
    if found.confusions or found.table["flagged"].any():
        assert "data:image/" in page.read_text(encoding="utf-8")
    known = evenhand.diagnose(done.path, generated.root.path, model="profile none")
    assert known.rows.trained_on == known.rows.predicted


def test_the_shell_says_by_its_exit_code_that_a_class_swallows_others(
    generated: Generated, done: Run, tmp_path: Path
) -> None:
    fresh = generate(generated.kind.name, tmp_path / "new", rows=24, seed=9).root.path
    asked = ["diagnose", str(done.path), str(fresh), "--model", "profile none", "--to", str(tmp_path / "out")]
    shown = CliRunner().invoke(app, [*asked, "--json"])
    table = pd.read_csv(tmp_path / "out" / "diagnose.csv", dtype=str)
    document = json.loads(shown.stdout)
    assert len(document["rows"]) == len(table)
    errors = [one for one in document["findings"] if one["severity"] == "error"]
    assert shown.exit_code == bool(errors), shown.stderr
    # a manifest by which the class that is predicted most is true of nothing
    commonest = table["predicted"].mode()[0]
    other = next(name for name in done.record.data()["classes"] if name != commonest)
    wrong = table.loc[table["predicted"] == commonest, ["id"]].assign(label=other)
    wrong.to_csv(tmp_path / "wrong.csv", index=False)
    told = ["--manifest", str(tmp_path / "wrong.csv"), "--label", "label", "--force"]
    shown = CliRunner().invoke(app, [*asked, *told, "--json"])
    swallowing = [one for one in json.loads(shown.stdout)["findings"] if one["code"] == "EH303"]
    assert [(one["about"], one["severity"]) for one in swallowing] == [(commonest, "error")], shown.stderr
    assert shown.exit_code == 1
    shown = CliRunner().invoke(app, [*asked, *told])
    assert shown.exit_code == 1
    assert "EH303" in shown.stdout
    floor = [name for name in set(done.scores["name"]) if name.startswith("floor: ")]
    for name in (*floor, "nothing"):
        shown = CliRunner().invoke(app, [*asked, "--force", "--model", name])
        assert shown.exit_code == 2
        assert f'no model named "{name}"' in " ".join((shown.stderr + shown.stdout).split())


def test_runs_are_compared_audited_and_reported(done: Run) -> None:
    assert evenhand.compare(done.path) is not None
    assert evenhand.audit(done.path) is not None
    assert evenhand.evaluate(done.path, model="profile none").figures
    done.report.unlink()
    evenhand.report(done.path)
    assert "<svg" in done.report.read_text(encoding="utf-8")


def test_several_labels(generated: Generated) -> None:
    """Rows of two labels, where the kind takes its labels from a table."""
    if generated.data.table is None or generated.kind.name == "beats":
        pytest.skip("the labels of this kind are not in a table")
    home = generated.toml.parent
    table = pd.read_csv(home / generated.data.table, dtype=str)
    label = generated.data.label or "label"
    second = np.roll(table[label].to_numpy(dtype=object), 7)
    table[label] = [f"{a}|{b}" if a != b else a for a, b in zip(table[label], second, strict=True)]
    table.to_csv(home / "several.csv", index=False)
    own = {"data.table": "several.csv", "data.task": "multi", "data.separator": "|"}
    found = evenhand.run(models(generated), changes=changes(generated, **own), fresh=True)
    assert found.record.samples().multi_label
    predicted = evenhand.predict(found.path, generated.root.path, model="profile none")
    assert len(predicted.table) >= ROWS
    assert evenhand.evaluate(found.path, model="profile none").figures
    assert found.report.is_file()
    diagnosed = evenhand.diagnose(found.path, generated.root.path, model="profile none")
    assert any("several labels" in note for note in diagnosed.notes)
    assert diagnosed.confusions == ()
    diagnosed.save(home / "diagnosed")


def test_soft_labels(generated: Generated) -> None:
    """Rows that hold each class to a degree, some of them unknown, where the kind takes its labels from a table."""
    if generated.data.table is None or generated.kind.name == "beats":
        pytest.skip("the labels of this kind are not in a table")
    home, rng = generated.toml.parent, np.random.default_rng(0)
    table = pd.read_csv(home / generated.data.table, dtype=str)
    label = generated.data.label or "label"
    classes = sorted(table[label].dropna().unique())
    degrees = np.where(
        table[label].to_numpy()[:, None] == classes, 0.75, rng.integers(0, 2, (len(table), len(classes))) / 4
    )
    degrees[rng.random(degrees.shape) < 0.2] = np.nan
    degrees[np.isnan(degrees).all(axis=1), 0] = 0.0
    columns = [str(name) for name in classes]
    table[columns] = degrees.astype(str)
    table = table.replace("nan", "").assign(raters=rng.integers(1, 5, len(table)))
    table.to_csv(home / "soft.csv", index=False)
    own = {"data.table": "soft.csv", "data.task": "soft", "data.label_columns": columns, "data.weight": "raters"}
    found = evenhand.run(models(generated), changes=changes(generated, **own), fresh=True)
    samples = found.record.samples()
    assert samples.task == "soft"
    assert samples.weights is not None
    assert not samples.known_cells.all()
    assert len(evenhand.predict(found.path, generated.root.path, model="profile none").table) >= ROWS
    figures = evenhand.evaluate(found.path, model="profile none").figures
    assert "a label is true from 0.5 on" in figures["macro_f1"].how
    assert "a label is true" not in figures["brier"].how
    assert evenhand.audit(found.path) is not None
    assert found.report.is_file()
