"""What `predict` prints of rows with several labels."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from evenhand.base.values import Predictions
from evenhand.cli.tables.results.predict import print_predictions


def shown(p: Predictions, capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    result = SimpleNamespace(table=p.frame(), predictions=p, failures=(), findings=(), model="m")
    print_predictions(result)  # type: ignore[arg-type]
    return [line.replace("│", " ").split() for line in capsys.readouterr().out.splitlines()]


def test_labels_are_counted_one_by_one(capsys: pytest.CaptureFixture[str]) -> None:
    table = np.array([[0.9, 0.6, 0.1], [0.2, 0.8, 0.3], [0.1, 0.1, 0.2]])
    lines = shown(Predictions(["x", "y", "z"], ("red", "new", "old"), table, several_labels=True), capsys)
    assert ["new", "2", "0.70"] in lines
    assert ["red", "1", "0.90"] in lines
    assert ["(none)", "1"] in lines
    assert not any(line[:1] == ["old"] for line in lines)


def test_a_thousand_labels_are_not_a_thousand_lines(capsys: pytest.CaptureFixture[str]) -> None:
    names = tuple(f"t{c}" for c in range(1000))
    lines = shown(Predictions(["x"], names, np.full((1, 1000), 0.9), several_labels=True), capsys)
    assert len(lines) < 45
    assert any("970 further labels" in " ".join(line) for line in lines)
