"""Options that would have no effect beside others are refused, before anything is read or written."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from evenhand.cli.app import app

PREDICT, COMPARE = ["predict", "run", "new"], ["compare", "a.csv", "b.csv"]


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ([*PREDICT, "--like", "s.csv", "--spreadsheet"], "--spreadsheet"),
        ([*PREDICT, "--like", "s.csv", "--table", "t.csv", "--id", "x"], "--table, --id"),
        ([*PREDICT, "--id", "x"], "--id"),
        ([*PREDICT, "--stream", "--to", "p.csv"], "--to"),
        ([*PREDICT, "--stream", "--consensus", "0.7", "--votes", "v"], "--consensus, --votes"),
        ([*PREDICT, "--lines", "4"], "--lines"),
        ([*COMPARE, "--spreadsheet"], "--spreadsheet"),
        ([*COMPARE, "--versions", "--against", "first"], "--against"),
        ([*COMPARE, "--versions", "--rows"], "--rows"),
        ([*COMPARE, "--versions", "--labels", "l.csv", "--ids", "i.csv"], "--labels, --ids"),
        ([*COMPARE, "--rows", "--metric", "accuracy", "--smallest", "0.1"], "--metric, --smallest"),
        (["compare", "run", "run", "--scale", "logit"], "--scale"),
        (["compare", "run", "run", "--labels", "l.csv"], "--labels"),
        (["audit", "run", "--folds", "f.csv", "--positions"], "--folds, --positions"),
        (["audit", "run", "--store", "s"], "--store"),
        (["diagnose", "run", "new", "--seed", "1"], "--seed"),
        (["ensemble", "a.csv", "b.csv", "--label", "y", "--group", "g"], "--label, --group"),
        (["ensemble", "a.csv", "b.csv", "--spreadsheet"], "--spreadsheet"),
        (["evaluate", "run", "--class", "a"], "--class"),
    ],
)
def test_an_option_without_effect_is_refused(
    words: list[str], options: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2, done.output
    assert f"{options}: no effect here, as " in " ".join(done.stderr.split())
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_defaults_are_not_refused_and_one_metric_splits_a_gain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, [*COMPARE, "--versions"])
    assert "no effect" not in done.stderr
    done = CliRunner().invoke(app, [*COMPARE, "--versions", "--metric", "accuracy", "--metric", "macro_f1"])
    assert "splits the gain of one --metric; 2 were given" in " ".join(done.stderr.split())
    done = CliRunner().invoke(app, [*COMPARE, "--set", "tset"])
    assert '--set: There is no choice named "tset"' in " ".join(done.stderr.split())
