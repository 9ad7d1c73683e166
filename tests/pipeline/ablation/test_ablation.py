"""An ablation on generated weather: rows on the same folds, resumed, refused, reported."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import evenhand
from evenhand.base.errors import ConfigError
from evenhand.base.storage.record import records
from evenhand.cli.app import app
from evenhand.pipeline.ablation.ablation_result import AblationResult
from evenhand.testing.kinds import generate

pytestmark = pytest.mark.xdist_group("ablation")  # one process, so that the rows are run once

CHANGES = """
[ablation]
[[ablation.change]]
name = "longer"
set = { train.epochs = 3 }
expect = "a *little* better"
[[ablation.change]]
name = "other | seed"
set = { "model.day.seeds" = [1] }
"""


@pytest.fixture(scope="module", autouse=True)
def _installed(sixth_kind: None) -> None:
    """Have the sixth kind installed: the fastest there is."""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = generate("weather", tmp_path_factory.mktemp("weather"), rows=60)
    made.toml.write_text(made.toml.read_text(encoding="utf-8") + CHANGES, encoding="utf-8")
    return made.toml


def settings(config: Path, output: str = "runs", **more: object) -> list[str]:
    home = config.parent
    chosen = {
        "output": home / output,
        "compute.store": home / "store",
        "compute.workers": 0,
        "folds.k": 2,
        "train.epochs": 1,
        "evaluate.draws": 200,
        "evaluate.logistic_regression": "false",
        "evaluate.floor": "false",
        **more,
    }
    return [f"{key}={value}" for key, value in chosen.items()]


@pytest.fixture(scope="module")
def done(config: Path) -> AblationResult:
    return evenhand.ablation(config, changes=settings(config))


def test_every_row_is_a_record_on_the_same_folds(config: Path, done: AblationResult) -> None:
    assert [row.name for row in done.rows] == ["base", "longer", "other | seed", "all together"]
    assert [row.state for row in done.rows] == ["done"] * 4
    kept = [row.record for row in done.rows if row.record is not None]
    assert len({record.path for record in kept}) == 4
    folds = [(record.path / "folds.csv").read_bytes() for record in kept]
    assert folds == [folds[0]] * 4
    assert [record.resolved()["train"]["epochs"] for record in kept] == [1, 3, 1, 3]


def test_verdicts_are_paired_against_the_base_in_one_family(done: AblationResult) -> None:
    assert [[verdict.base for verdict in row.verdicts] for row in done.rows] == [[], ["base"], ["base"], ["base"]]
    pair = [row.record for row in done.rows[:2] if row.record is not None]
    alone = evenhand.compare(*pair, model="day", draws=200).verdicts[0]
    (verdict,) = done.rows[1].verdicts
    assert verdict.difference.estimate == alone.difference.estimate
    assert verdict.p >= alone.p  # Holm's, over three
    table = done.table()
    assert table["metric"].unique().tolist() == ["macro_f1"]
    assert np.isfinite(table["estimate"]).all()
    assert table["verdict"][0] == ""


def test_what_a_change_makes_unequal_is_reported(done: AblationResult) -> None:
    assert done.rows[1].conditions == ("train.epochs 1 against 3",)
    assert done.rows[2].conditions == ("seeds [1] against [0] (day)",)
    (finding,) = [finding for finding in done.findings if finding.code == "EH402"]
    assert "longer: train.epochs 1 against 3" in finding.message


@pytest.mark.slow
def test_finished_rows_are_not_run_again_and_a_lost_one_is(config: Path, done: AblationResult) -> None:
    copy = config.parent / "copy"
    shutil.copytree(config.parent / "runs", copy)  # other tests read the table of the first
    before = [row.record.path.name for row in done.rows if row.record is not None]
    shutil.rmtree(copy / before[1])
    again = evenhand.ablation(config, changes=settings(config, "copy"))
    after = [row.record.path.name for row in again.rows if row.record is not None]
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, True, True]
    assert again.table()["estimate"].tolist() == done.table()["estimate"].tolist()


def test_the_report_of_the_base_shows_the_table(done: AblationResult) -> None:
    base = done.rows[0].record
    assert base is not None
    page = evenhand.report(base).read_text(encoding="utf-8")
    assert '<section id="ablation"' in page
    assert "train.epochs = 3" in page
    assert "a *little* better" in page
    change = done.rows[1].record
    assert change is not None
    assert '<section id="ablation"' not in (change.path / "report.html").read_text(encoding="utf-8")


def test_the_journal_has_what_was_expected_and_what_came_out(config: Path, done: AblationResult) -> None:
    file = config.with_name("EXPERIMENTS.md")
    evenhand.journal(*(row.record for row in done.rows if row.record is not None), file=file)
    text = file.read_text(encoding="utf-8")
    word = done.rows[1].verdicts[0].word
    assert f"| longer | train.epochs = 3 | a \\*little\\* better | **{word}** in macro_f1: " in text
    assert "| other \\| seed | model.day.seeds = \\[1\\] |" in text
    assert text.count("Paired, within its ablation: ") == 3
    assert "| train.epochs | 1 | 3 |" in text
    (alone,) = (row.record for row in done.rows[1:2])
    assert alone is not None
    evenhand.journal(alone, file=file.with_name("against.md"), against=done.rows[2].record)
    assert "Paired, the best of each: " in file.with_name("against.md").read_text(encoding="utf-8")


def test_the_shell_prints_the_same_table_and_document(config: Path, done: AblationResult) -> None:
    arguments = ["ablation", str(config), *(part for one in settings(config) for part in ("--set", one))]
    words = CliRunner(env={"COLUMNS": "160"}).invoke(app, arguments)
    assert words.exit_code == 0, words.output
    for text in ("other | seed", "train.epochs = 3", "a *little* better", done.rows[1].verdicts[0].word, "EH402"):
        assert text in words.output
    document = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert document["rows"][1]["verdicts"][0]["a"] == "longer"
    assert document == json.loads(json.dumps(done.document()))


def test_a_dry_run_lists_the_rows_and_runs_none(config: Path) -> None:
    options = [part for one in settings(config, "none") for part in ("--set", one)]
    done = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["ablation", str(config), "--dry-run", *options])
    assert done.exit_code == 0, done.output
    assert "all together" in done.output
    assert "verdict" not in done.output
    assert not (config.parent / "none").exists()


def written(config: Path, name: str, *changes: str) -> Path:
    text = config.read_text(encoding="utf-8").partition("[ablation]")[0]
    path = config.with_name(f"{name}.toml")
    body = "".join(f'[[ablation.change]]\nname = "{i}"\nset = {{ {one} }}\n' for i, one in enumerate(changes))
    path.write_text(f"{text}[ablation]\n{body}", encoding="utf-8")
    return path


def test_changes_of_folds_and_rows_are_refused_before_anything_runs(config: Path) -> None:
    path = written(config, "folds", "folds.seed = 1", '"data.drop" = ["winter"]', "train.epochs = 2")
    with pytest.raises(ConfigError) as error:
        evenhand.ablation(path, changes=[*settings(config, "refused"), "ablation.together=false"])
    message = str(error.value)
    assert 'change "0": alters what is evaluated: ' in message
    assert "rows of 60 would be held out in another fold" in message
    assert 'change "1": alters what is evaluated: 20 rows of the base are missing and 0 are new' in message
    assert 'change "2"' not in message
    assert not (config.parent / "refused").exists()


@pytest.mark.slow
def test_other_folds_are_run_if_asked_for_and_other_classes_never(config: Path) -> None:
    path = written(config, "any", "folds.seed = 1", '"data.drop" = ["winter"]')
    asked = [*settings(config, "any"), "ablation.folds=any", "ablation.together=false"]
    with pytest.raises(ConfigError, match="the classes are others; leave it out: there is nothing to compare"):
        evenhand.ablation(path, changes=asked)
    path = written(config, "any", "folds.seed = 1")
    found = evenhand.ablation(path, changes=asked)
    assert found.rows[1].verdicts
    assert "were held out with other rows (different folds)" in found.rows[1].conditions[0]


@pytest.mark.slow
def test_a_row_that_fails_does_not_end_the_others(config: Path) -> None:
    asked = settings(config, "failing", **{"balance.sampler": "balanced"})
    path = written(config, "failing", '"balance.weights" = "inverse"', "train.epochs = 2")
    found = evenhand.ablation(path, changes=[*asked, "ablation.together=false"])
    assert [row.state for row in found.rows] == ["done", "failed", "done"]
    assert "on_overshoot" in found.rows[1].error
    assert found.rows[2].verdicts
    options = [part for one in [*asked, "ablation.together=false"] for part in ("--set", one)]
    shown = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["ablation", str(path), *options])
    assert shown.exit_code == 1
    assert "0 failed: " in shown.output


@pytest.mark.slow
def test_frozen_parts_are_computed_once_for_all_rows(tmp_path: Path, size: Callable[[int, int], int]) -> None:
    made = generate("photos", tmp_path, rows=size(32, 200))
    text = made.toml.read_text(encoding="utf-8").partition("[[model]]")[0]
    made.toml.write_text(
        f'{text}\n[[model]]\nname = "m"\nencoder = "timm:test_efficientnet"\n'
        'pretrained = false\n[[ablation.change]]\nname = "longer"\nset = { train.epochs = 2 }\n',
        encoding="utf-8",
    )
    store = tmp_path / "store"
    asked = [f"output={tmp_path / 'runs'}", f"compute.store={store}", "folds.k=2", "photos.size=32"]
    asked += ["train.epochs=1", "compute.workers=0", "evaluate.draws=200", "evaluate.floor=false"]
    evenhand.run(made.toml, changes=asked)
    before = {path: path.stat().st_mtime_ns for path in store.rglob("*.npy")}
    assert before
    found = evenhand.ablation(made.toml, changes=asked)
    assert {path: path.stat().st_mtime_ns for path in store.rglob("*.npy")} == before
    assert len(records(tmp_path / "runs")) == 2  # the base had been run
    assert found.rows[1].verdicts
