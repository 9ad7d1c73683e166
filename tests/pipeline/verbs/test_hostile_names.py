"""Two hundred hostile names as classes and groups of photos, through check, run, predict, doctor and report."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

import evenhand
from evenhand.base.text.cells import spelling
from evenhand.base.text.escaping import printable, printable_lines
from evenhand.cli.app import app
from evenhand.pipeline.verbs.run import Run
from evenhand.testing.hostile_names import hostile_names

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hostile_run")]

NAMES = sorted({spelling(name) for name in hostile_names()} - {""})
EACH = 4


def config(folder: Path) -> dict[str, object]:
    return {
        "output": str(folder / "runs"),
        "data": {"root": str(folder / "photos"), "table": "labels.parquet", "label": "class", "group": "series"},
        "folds": {"k": 2, "test": "none"},
        "photos": {"size": 16},
        "model": [
            {"name": "модель [red]", "encoder": "small", "tune": "all"},
            {"name": "b", "encoder": "small", "tune": "all"},
        ],
        "train": {"epochs": 1, "batch_size": 64},
        "compute": {"store": str(folder / "store"), "workers": 0},
        "evaluate": {"draws": 200},
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with four photos of each name, the table as Parquet, which holds any character."""
    home = tmp_path_factory.mktemp("hostile")
    (home / "photos").mkdir()
    rng = np.random.default_rng(0)
    rows = []
    for at, name in enumerate(NAMES):
        color = rng.integers(0, 256, 3)
        for turn in range(EACH):
            noise = rng.integers(-20, 20, (16, 16, 3))
            file = f"{at}_{turn}.png"
            Image.fromarray(np.clip(color + noise, 0, 255).astype(np.uint8)).save(home / "photos" / file)
            rows.append({"path": file, "class": name, "series": f"{name}|{turn}"})
    pd.DataFrame(rows).to_parquet(home / "photos" / "labels.parquet")
    return home


@pytest.fixture(scope="module")
def done(folder: Path) -> Run:
    return evenhand.run(config(folder))


def test_check_sees_every_class(folder: Path) -> None:
    found = evenhand.check(config(folder))
    assert set(found.samples.classes) == set(NAMES)
    assert found.samples.counts().tolist() == [EACH] * len(NAMES)
    assert len(set(found.samples.groups)) == EACH * len(NAMES)


def test_a_run_keeps_every_name(done: Run) -> None:
    samples = done.record.samples()
    assert set(samples.classes) == set(NAMES)
    assert set(samples.frame["group"]) == {f"{name}|{turn}" for name in NAMES for turn in range(EACH)}
    table = done.predictions
    assert {f"p:{name}" for name in NAMES} <= set(table.columns)
    assert set(table["truth"]) == set(NAMES)
    scores = done.document()["scores"]["b"]["oof"]
    assert {f"recall[{name}]" for name in NAMES} <= set(scores)
    again = evenhand.evaluate(done.path, model="b", metrics=["accuracy", "macro_f1"])
    for metric in ("accuracy", "macro_f1"):
        assert again.figures[metric].estimate == scores[metric]["estimate"]


def test_new_photos_get_those_names(done: Run, folder: Path) -> None:
    found = evenhand.predict(done.path, folder / "photos", model="b")
    assert set(found.table["predicted"]) <= set(NAMES)


def test_the_report_shows_every_name_and_nothing_runs(done: Run) -> None:
    page = done.report.read_text(encoding="utf-8")
    assert printable_lines(page) == page
    assert "<script" not in page
    assert "could not be drawn" not in page


@pytest.mark.parametrize("verb", [["doctor"], ["audit"], ["compare"], ["report"]])
def test_verbs_of_the_shell_print_no_control_characters(done: Run, verb: list[str]) -> None:
    found = CliRunner(env={"COLUMNS": "100"}).invoke(app, [*verb, str(done.path)])
    assert found.exit_code in (0, 1), found.output
    assert printable_lines(found.output) == found.output
    assert "Something went wrong" not in found.output


def test_names_are_shown_escaped(done: Run) -> None:
    assert all(printable(name) for name in NAMES)
    assert repr(evenhand.doctor(done.path))
