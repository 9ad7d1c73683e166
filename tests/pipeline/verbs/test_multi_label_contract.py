"""Several labels a row, some of them unknown, through every verb, rule, blend and calibrator of a run.

Each does its work, or says in a sentence why not. A rule that is added is covered unedited; a verb that is added
fails until it is in `VERBS`.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

import evenhand
from evenhand.cli.app import app
from evenhand.cli.tables.tables import print_run
from evenhand.diagnosis import RULES
from evenhand.diagnosis.examination import Examination
from evenhand.pipeline.verbs.run import Run

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("multi_label_contract")]

NAMES = ("red", "green", "blue", "once")
CONFIG = """
output = "{home}/runs"

[data]
root = "{home}/photos"
table = "labels.csv"
group = "series"
task = "multi"
label_columns = ["red", "green", "blue", "once"]

[folds]
k = 2
test = {{ fraction = 0.2 }}

[photos]
size = 32

[[model]]
name = "a"
encoder = "small"
tune = "head"
[[model]]
name = "b"
encoder = "small"
tune = "head"
train = {{ learning_rate = 0.003 }}

[ensemble]
methods = ["equal", "nnls", "score", "equal+thresholds"]

[train]
epochs = 2
batch_size = 16

[evaluate]
draws = 200

[compute]
store = "{home}/store"
workers = 0

[[ablation.change]]
name = "faster"
set = {{ "train.learning_rate" = 0.01 }}
"""


def write_photos(home: Path, rows: int = 60) -> None:
    """Write pictures with bars of three colours; a class that one group has, and a tenth of the cells unknown."""
    rng = np.random.default_rng(0)
    (home / "photos").mkdir()
    lines = [f"path,series,{','.join(NAMES)}"]
    for row in range(rows):
        held = np.append(rng.random(3) < (0.5, 0.4, 0.3), row < 3)
        pixels = rng.integers(40, 90, (32, 32, 3)).astype(np.uint8)
        for channel in np.flatnonzero(held[:3]):
            pixels[channel * 10 : channel * 10 + 9, 4:28, channel] = 250
        Image.fromarray(pixels).save(home / "photos" / f"{row}.png")
        cells = ["" if row > 2 and rng.random() < 0.1 else str(int(holds)) for holds in held]
        lines.append(f"{row}.png,s{row // 3},{','.join(cells)}")
    (home / "photos" / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("multi")
    write_photos(folder)
    (folder / "config.toml").write_text(CONFIG.format(home=folder.as_posix()), encoding="utf-8")
    sample = ["path," + ",".join(NAMES), *(f"{row}.png,0,0,0,0" for row in range(5))]
    (folder / "sample.csv").write_text("\n".join(sample) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def done(home: Path) -> Run:
    return evenhand.run(str(home / "config.toml"))


VERBS = {
    "init": ["init", "{home}/photos", "--to", "{home}/first.toml"],
    "check": ["check", "{home}/config.toml"],
    "split": ["split", "{home}/config.toml", "--to", "{home}/folds.csv"],
    "run": ["run", "{home}/config.toml"],
    "runs": ["runs", "{run}"],
    "runs --rank": ["runs", "{home}/runs", "--rank"],
    "ablation": ["ablation", "{home}/config.toml"],
    "predict": ["predict", "{run}", "{home}/photos", "--to", "{home}/predicted.csv"],
    "predict --like": [
        "predict",
        "{run}",
        "{home}/photos",
        "--like",
        "{home}/sample.csv",
        "--to",
        "{home}/sub.csv",
    ],
    "diagnose": ["diagnose", "{run}", "{home}/photos", "--to", "{home}/diagnosed"],
    "earliness": ["earliness", "{run}"],
    "retrieve": ["retrieve", "{run}", "{home}/photos"],
    "retrieve --evaluate": ["retrieve", "{run}", "--evaluate"],
    "doctor": ["doctor", "{run}"],
    "evaluate": ["evaluate", "{run}"],
    "compare": ["compare", "{run}"],
    "ensemble": ["ensemble", "{run}", "--method", "nnls", "--method", "equal+thresholds"],
    "audit": ["audit", "{run}"],
    "audit --coverage": ["audit", "{run}", "--coverage", "0.9"],
    "audit --by": ["audit", "{run}", "--by", "group"],
    "submit": ["submit", "{home}/config.toml", "{run}", "{home}/sub.csv", "--dry-run"],
    "report": ["report", "{run}"],
    "review": ["review", "{run}", "--export"],
    "journal": ["journal", "{run}", "--file", "{home}/EXPERIMENTS.md"],
}
WITHOUT_ROWS = {"keys", "cache", "demo", "env", "verify"}
"""Verbs that see no rows of a user."""


@pytest.fixture
def asked(home: Path, done: Run, request: pytest.FixtureRequest) -> Result:
    words = [word.format(home=home, run=done.path) for word in VERBS[request.param]]
    return CliRunner().invoke(app, words)


@pytest.mark.parametrize("asked", VERBS, indirect=True)
def test_a_verb_does_its_work_or_says_in_a_sentence_why_not(asked: Result) -> None:
    assert asked.exception is None or isinstance(asked.exception, SystemExit), asked.exception
    assert "Traceback" not in asked.output
    assert asked.exit_code <= 2
    assert asked.exit_code < 2 or asked.output.strip().endswith((".", "?")) or ". " in asked.output, asked.output


def test_the_shell_shows_average_precision_a_floor_and_classes_without_rows(done: Run, capsys) -> None:
    print_run(done)
    shown = " ".join(capsys.readouterr().out.split())
    assert "average_precision" in shown
    assert "floor: no label" in shown or "floor: no" in shown
    assert "No row has once. Means over classes leave it out;" in shown


def test_every_verb_is_tried() -> None:
    verbs = {command.callback.__name__ for command in app.registered_commands if command.callback}
    assert verbs == WITHOUT_ROWS | {words[0] for words in VERBS.values()}


@pytest.fixture(scope="module")
def examined(done: Run) -> Examination:
    return evenhand.doctor(done.path)


@pytest.mark.parametrize("code", [code for code, rule in RULES if rule.check.__module__.startswith("evenhand.")])
def test_a_rule_checks_or_is_not_applicable_in_words(examined: Examination, code: str) -> None:
    assert code not in examined.broken
    found = {finding.code for finding in examined.findings}
    assert code in found or code in examined.passed or examined.not_applicable[code]


def test_blends_thresholds_and_floors_stand_in_the_scores_and_the_optimism_of_tuning_in_the_report(
    done: Run,
) -> None:
    names = set(done.scores["name"])
    assert names >= {"a", "b", "ensemble:nnls", "ensemble:score", "ensemble:equal+thresholds", "floor: no label"}
    rows = {row["name"]: row for row in done.record.json("nested_evaluation.json")["rows"]}
    assert rows["ensemble:equal+thresholds"]["optimism"] is not None
    absent = done.record.json("scores.json")["absent"]
    assert absent["oof"] + absent["test"] == ["once"]  # its group is either locked or not
    page = done.report.read_text(encoding="utf-8")
    assert "No row has once. Means over classes leave it out;" in page
    assert "floor: no label" in page


def test_a_run_of_one_model_is_calibrated_and_predicts_so(home: Path) -> None:
    config = tomllib.loads((home / "config.toml").read_text(encoding="utf-8"))
    config["ensemble"]["methods"] = ["nnls", "equal+thresholds"]
    one = evenhand.run({**config, "model": config["model"][:1], "output": str(home / "one")})
    assert {"a", "ensemble:equal+thresholds"} <= set(one.scores["name"])
    assert "ensemble:nnls" not in set(one.scores["name"])
    plain, tuned = (
        evenhand.predict(one.path, home / "photos", model=name).table for name in ("a", "ensemble:equal+thresholds")
    )
    assert (plain["p:red"].rank() == tuned["p:red"].rank()).all()
