"""The causes of an ablation in order: predictions and runs whose causes are known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import evenhand
from evenhand.base.values import Predictions
from evenhand.cli.app import app
from evenhand.evaluation.comparison.compare import compare_predictions
from evenhand.pipeline.ablation.ablation_result import AblationResult
from evenhand.pipeline.ablation.causes import AblationCause, causes_in_order, causes_table
from evenhand.pipeline.ablation.components import components, rows_of
from evenhand.settings.ablation import AblationChange, AblationConfig
from evenhand.testing.kinds import generate

N = 600
SPOILED = {"small": range(0, 30), "large": range(60, 180), "copy of large": range(60, 170), "harmless": range(0)}
"""Change -> rows that it makes wrong."""


def section() -> AblationConfig:
    changes = [AblationChange(name=name, set={f"train.{at}": 1}) for at, name in enumerate(SPOILED)]
    return AblationConfig(change=changes, leave_one_out=True)


@pytest.fixture(scope="module")
def causes() -> tuple[AblationCause, ...]:
    truth = np.arange(N) % 2

    def predicted(name: str, *chosen: str) -> Predictions:
        wrong = np.isin(np.arange(N), [row for one in chosen for row in SPOILED[one]])
        return Predictions(np.arange(N).astype(str), ("a", "b"), np.eye(2)[truth ^ wrong], truth, model=name)

    asked = components(section())
    rows = [predicted("base"), *(predicted(name, *chosen) for name, chosen in rows_of(section()).items())]
    pairs = [pair for one in asked for pair in (one.alone, one.given_others)]
    found = compare_predictions(rows, ["accuracy"], against=pairs, draws=300, smallest=0.01)
    return causes_in_order(asked, ["accuracy"], found.verdicts)


def test_the_largest_effect_comes_first(causes: tuple[AblationCause, ...]) -> None:
    assert [one.name for one in causes] == ["large", "copy of large", "small", "harmless"]


def test_a_cause_that_another_repeats_costs_nothing_given_the_others(causes: tuple[AblationCause, ...]) -> None:
    table = causes_table(causes).set_index("name")
    assert table["alone_difference"].to_dict() == pytest.approx(
        {"large": -0.2, "copy of large": -110 / N, "small": -0.05, "harmless": 0.0}
    )
    assert table["given_others_difference"].to_dict() == pytest.approx(
        {"large": -10 / N, "copy of large": 0.0, "small": -0.05, "harmless": 0.0}
    )
    assert table["alone"].to_dict() == {
        "large": "worse",
        "copy of large": "worse",
        "small": "worse",
        "harmless": "no difference found",
    }
    assert table["given_others"]["small"] == "worse"
    assert (table["given_others_low"] <= table["given_others_difference"]).all()


def test_causes_that_did_not_run_come_last() -> None:
    found = causes_in_order(components(section()), ["accuracy"], [])
    assert [one.name for one in found] == list(SPOILED)
    assert found[0].document()["effect"] is None
    assert causes_table(found)["alone"].tolist() == [""] * 4
    assert causes_table(()).columns.tolist()[:3] == ["name", "metric", "effect"]


CHANGES = """
[ablation]
leave_one_out = true
[[ablation.change]]
name = "another seed"
set = { "model.day.seeds" = [1] }
[[ablation.change]]
name = "no learning"
set = { "train.learning_rate" = 1e-9 }
"""


@pytest.fixture(scope="module")
def config(sixth_kind: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = generate("weather", tmp_path_factory.mktemp("causes"), rows=60)
    made.toml.write_text(made.toml.read_text(encoding="utf-8") + CHANGES, encoding="utf-8")
    return made.toml


def settings(config: Path) -> list[str]:
    home = config.parent
    paths = [f"output={home / 'runs'}", f"compute.store={home / 'store'}", "compute.workers=0"]
    return [*paths, "folds.k=2", "train.epochs=8", "evaluate.draws=200", "evaluate.floor=false"]


@pytest.fixture(scope="module")
def done(config: Path) -> AblationResult:
    return evenhand.ablation(config, changes=settings(config))


@pytest.mark.xdist_group("causes")
def test_the_causes_of_runs_are_shown_everywhere(config: Path, done: AblationResult) -> None:
    assert [row.name for row in done.rows] == ["base", "another seed", "no learning", "all together"]
    assert [cause.name for cause in done.causes] == ["no learning", "another seed"]
    first = done.causes[0]
    assert first.alone is not None
    assert first.given_others is not None
    assert (first.alone.base, first.given_others.base) == ("base", "another seed")
    assert first.alone == done.rows[2].verdicts[0]
    assert first.effect < 0
    base = done.rows[0].record
    assert base is not None
    document = json.loads((base.path / "ablation.json").read_text(encoding="utf-8"))
    assert document["causes"][0]["name"] == "no learning"
    assert "Causes of the difference in macro_f1, in order" in evenhand.report(base).read_text(encoding="utf-8")
    file = config.with_name("EXPERIMENTS.md")
    evenhand.journal(base, file=file)
    assert "Causes in order:\n\n| cause | metric | alone | given the others |" in file.read_text(encoding="utf-8")
    arguments = ["ablation", str(config), *(part for one in settings(config) for part in ("--set", one))]
    words = CliRunner(env={"COLUMNS": "160"}).invoke(app, arguments).output
    table = words[words.index("Causes in order") :]
    assert table.index("no learning") < table.index("another seed")
