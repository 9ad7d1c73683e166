"""Rows of the fold -1 take no part in any verb for out-of-fold predictions, and each says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from evenhand.cli.app import app


@pytest.mark.parametrize("verb", ["evaluate a.csv", "audit a.csv", "compare a.csv b.csv", "ensemble a.csv b.csv"])
def test_locked_rows_are_left_out_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [
        f"r{at},{-1 if at == 3 else at % 2},{'ab'[at % 3 > 0]},{0.3 + at / 50},{0.7 - at / 50}" for at in range(20)
    ]
    for name in ("a.csv", "b.csv"):
        Path(name).write_text("\n".join(["id,fold,truth,a,b", *rows, ""]), encoding="utf-8")
    done = CliRunner().invoke(app, verb.split())
    assert done.exit_code in (0, 1), done.output
    assert '1 locked row (fold "test" or -1) left out.' in " ".join(done.stdout.split())
