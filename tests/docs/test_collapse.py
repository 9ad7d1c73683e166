"""The tutorial is run as it stands: every ledger in it, and the training at its end."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

import evenhand
from evenhand.base.errors import EvenhandError
from evenhand.testing.beats import write_beats

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "collapse.md"
BOTH = ['balance.sampler="balanced"', 'balance.weights="inverse"']


def test_every_ledger_on_the_page_is_as_printed() -> None:
    found = doctest.testfile(str(PAGE), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.attempted > 10
    assert found.failed == 0


class Heard:
    """A watcher that remembers what was said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def stage(self, name: str, total: int | None = None) -> None: ...

    def advance(self, done: int, total: int | None = None) -> None: ...

    def message(self, text: str) -> None:
        self.lines.append(text)


@pytest.mark.slow
def test_both_is_refused_unless_allowed_and_then_the_collapse_is_told_as_it_comes(tmp_path: Path) -> None:
    toml = write_beats(tmp_path / "beats", rows=2400, records=8, difficulty=0.8)
    common = [
        f'output="{tmp_path / "runs"}"',
        f'compute.store="{tmp_path / "store"}"',
        "folds.k=2",
        "train.epochs=5",
        "evaluate.draws=200",
    ]
    with pytest.raises(EvenhandError, match="exponent 2.00"):
        evenhand.run(toml, changes=[*common, *BOTH])
    heard = Heard()
    run = evenhand.run(toml, changes=[*common, *BOTH, 'balance.on_overshoot="allow"'], watcher=heard)
    told = [line for line in heard.lines if line.startswith("EH301")]
    assert told
    assert "exponent 2.00" in told[0]
    codes = [finding.code for finding in run.findings]
    assert codes.index("EH201") < codes.index("EH301")
    assert "EH301" in [finding.code for finding in evenhand.doctor(run.record).findings]
