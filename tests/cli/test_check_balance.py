"""`evenhand check CONFIG --balance` in words and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evenhand.cli.app import app
from evenhand.testing.kinds import generate


@pytest.fixture(scope="module")
def toml(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate("photos", tmp_path_factory.mktemp("balance") / "data", rows=60).toml


def asked(toml: Path, *more: str) -> list[str]:
    return ["check", str(toml), "--balance", *more]


def test_the_table_is_shown_and_nothing_is_written(toml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(toml.parent)
    before = sorted(toml.parent.rglob("*"))
    done = CliRunner().invoke(app, asked(toml))
    assert done.exit_code == 0
    assert "effective prior" in done.output
    assert "Exponent 0.00: class shares are unchanged." in done.output
    assert sorted(toml.parent.rglob("*")) == before


def test_an_overshoot_is_an_error_with_what_to_try(toml: Path) -> None:
    both = ("--set", "balance.sampler=balanced", "--set", "balance.weights=inverse")
    done = CliRunner().invoke(app, asked(toml, *both))
    assert done.exit_code == 1
    assert "EH201 error" in done.output
    assert "try: --set 'balance.weights=\"none\"'" in done.output
    assert "A run would be refused:" in done.output


def test_json_holds_the_same(toml: Path) -> None:
    done = CliRunner().invoke(app, asked(toml, "--set", "balance.sampler=sqrt", "--json"))
    document = json.loads(done.stdout)
    (one,) = document["ledgers"]
    assert one["exponent"] == pytest.approx(0.5)
    assert {"natural", "batch", "weight", "effective", "recurrence"} <= set(one["classes"][0])
    assert "findings" in document


def test_a_wrong_name_is_told_without_a_traceback(toml: Path) -> None:
    done = CliRunner().invoke(app, asked(toml, "--set", "balance.sampler=balancd"))
    assert done.exit_code == 2
    assert "Traceback" not in done.output
