"""Cells that spreadsheets run: counted and said by default, quoted on demand, nothing else changed."""

from pathlib import Path

import pytest

from evenhand.cli.tables.spreadsheet import guard_formulas

CELLS = 'id,"p:=x",p:y\n=1+1,-0.5,"a,b"\n"@SUM(1)\nx",1e-5,-x\n'


def test_formulas_are_counted_and_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.csv"
    path.write_text(CELLS)
    guard_formulas(path, wanted=False)
    assert path.read_text() == CELLS
    assert "3 cells begin like formulas" in capsys.readouterr().err


def test_formulas_are_quoted_on_demand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.csv"
    path.write_text(CELLS)
    guard_formulas(path, wanted=True)
    assert path.read_text() == 'id,p:=x,p:y\n\'=1+1,-0.5,"a,b"\n"\'@SUM(1)\nx",1e-5,\'-x\n'
    assert "were written with an apostrophe" in capsys.readouterr().err


def test_other_files_and_harmless_ones_are_not_mentioned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.csv").write_text("id,p:a\nx,-1.5\n")
    (tmp_path / "a.parquet").write_bytes(b"=1")
    for path in tmp_path.iterdir():
        guard_formulas(path, wanted=True)
    assert capsys.readouterr().err == ""
