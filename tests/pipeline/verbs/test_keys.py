"""The reference of the configuration, in Python and in the shell."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

import evenhand
from evenhand.base.errors import EvenhandError
from evenhand.cli.app import app
from evenhand.settings.load import Settings


def test_every_key_is_there_with_its_default_and_a_sentence() -> None:
    table = evenhand.keys()
    assert list(table.columns) == ["section", "key", "type", "default", "description"]
    assert not table.duplicated(["section", "key"]).any()
    assert (table["description"].str.len() > 10).all()
    row = table[(table["section"] == "[train]") & (table["key"] == "epochs")].iloc[0]
    assert row["default"] == str(Settings.model_fields["train"].get_default(call_default_factory=True).epochs)
    assert {"[folds.test]", "[[model]]", "[photos]", "[beats]", "[[train.stage]]", ""} <= set(table["section"])


def test_a_section_comes_with_those_within_it() -> None:
    assert list(evenhand.keys("folds")["section"].unique()) == ["[folds]", "[folds.test]"]
    assert set(evenhand.keys("[[model]]")["section"]) == {"[[model]]"}


def test_what_may_differ_for_a_model_has_the_keys_of_the_section() -> None:
    """`init` writes [model.train]."""
    general, own = evenhand.keys("train"), evenhand.keys("[model.train]")
    assert list(own["section"].unique())[:2] == ["[model.train]", "[[model.train.stage]]"]
    assert own.drop(columns="section").equals(general.drop(columns="section"))
    assert set(evenhand.keys("model.balance")["section"]) >= {"[model.balance]"}
    for wrong in ("model.folds", "model.tran"):
        with pytest.raises(EvenhandError, match="section of the configuration"):
            evenhand.keys(wrong)


def test_a_misspelt_section_is_answered_with_the_right_one() -> None:
    with pytest.raises(EvenhandError, match='Did you mean "train"'):
        evenhand.keys("trian")


@pytest.mark.parametrize("width", ["40", "80", "200"])
def test_the_shell_prints_the_same_at_any_width(width: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", width)
    words = CliRunner().invoke(app, ["keys", "folds"])
    assert words.exit_code == 0
    assert "[folds.test]" in words.stdout
    assert max(map(len, words.stdout.splitlines())) <= int(width)
    rows = json.loads(CliRunner().invoke(app, ["keys", "folds", "--json"]).stdout)
    assert rows == evenhand.keys("folds").to_dict(orient="records")


def test_descriptions_are_whole_on_a_terminal_and_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = evenhand.keys("train")["description"]
    monkeypatch.delenv("COLUMNS", raising=False)
    piped = CliRunner().invoke(app, ["keys", "train"]).stdout.splitlines()
    assert {f"      {description}" for description in wanted} <= set(piped)
    terminal = CliRunner().invoke(app, ["keys", "train"], env={"COLUMNS": "50"}).stdout
    assert max(map(len, terminal.splitlines())) <= 50
    whole = "".join(terminal.split())
    assert all("".join(description.split()) in whole for description in wanted)
