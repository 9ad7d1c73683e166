"""The printed table of an ablation."""

from __future__ import annotations

import re

import pytest

from evenhand.cli.tables.results.ablation import print_ablation
from evenhand.pipeline.ablation.ablation_result import AblationResult, AblationRow

SETS = {
    "base": {},
    "hash": {"head": "hash", "a": 0.0, "b": 0.0},
    "losses": {"head": "hash", "a": 0.1, "b": 0.1},
    "fusion": {"head": "hash", "a": 0.0, "b": 0.0, "f": 1},
    "cosine": {"head": "cosine"},
    "all together": {"head": "hash", "a": 0.1, "b": 0.1, "f": 1},
}


def test_a_row_on_top_of_another_shows_what_it_sets_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    rows = tuple(AblationRow(name, values) for name, values in SETS.items())
    print_ablation(AblationResult("five", "m", ("accuracy",), rows))
    printed = re.sub(r"[\s│]", "", capsys.readouterr().out)  # cells are wrapped
    assert printed.count('head="hash"') == 1
    assert printed.index('head="cosine"') < printed.index("losses,andf=1")
    assert printed.count("hash,and") == 2
    assert printed.count("a=0.1") == 1
    assert printed.count("f=1") == 2
