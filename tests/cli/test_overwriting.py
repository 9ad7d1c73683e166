"""Verbs that write a file which is named refuse to overwrite one, before they do anything else."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from evenhand.base.storage.files.atomic import write_text
from evenhand.cli.app import app


@pytest.mark.parametrize(
    ("command", "option"),
    [
        ("split none.toml", "--to"),
        ("predict none new", "--to"),
        ("predict none --like sample.csv", "--to"),
        ("init none", "--to"),
        ("ensemble a.csv", "--to"),
        ("compare a.csv b.csv", "--ids"),
        ("compare a.csv b.csv --data", "--ids"),
        ("retrieve none row", "--html"),
    ],
)
def test_a_file_is_not_overwritten_unasked(tmp_path: Path, command: str, option: str) -> None:
    mine = tmp_path / "mine.csv"
    mine.write_text("mine")
    said = CliRunner().invoke(app, [*command.split(), option, str(mine)], env={"COLUMNS": "200"})
    assert said.exit_code == 2
    assert f"{mine} already exists. Give another name ({option}), or overwrite it with --force." in said.output
    assert mine.read_text() == "mine"
    said = CliRunner().invoke(app, [*command.split(), option, str(mine), "--force"], env={"COLUMNS": "200"})
    assert "already exists" not in said.output
    assert mine.read_text() == "mine", "nothing is written for want of data"


@pytest.mark.parametrize(
    ("command", "option", "endings"),
    [
        ("split none.toml", "--to", ".csv"),
        ("predict none new", "--to", ".csv or .parquet"),
        ("predict none --like sample.csv", "--to", ".csv"),
        ("ensemble a.csv", "--to", ".csv or .parquet"),
        ("compare a.csv b.csv", "--ids", ".csv"),
        ("compare a.csv b.csv --data", "--ids", ".csv or .parquet"),
    ],
)
def test_a_table_of_another_format_is_refused_before_the_work(
    tmp_path: Path, command: str, option: str, endings: str
) -> None:
    said = CliRunner().invoke(app, [*command.split(), option, str(tmp_path / "a.xlsx")], env={"COLUMNS": "200"})
    assert said.exit_code == 2
    assert f"a.xlsx: tables can be written as {endings}. Choose a name" in said.output.replace("\n", " ")


def test_a_name_may_be_as_long_as_the_file_system_allows(tmp_path: Path) -> None:
    for name in ("a" * 251 + ".csv", "й" * 125 + ".csv"):
        write_text(tmp_path / name, "text")
        assert (tmp_path / name).read_text() == "text"
