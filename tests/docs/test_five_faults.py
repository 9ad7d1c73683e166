"""The tutorial is run as it stands: what the page quotes is what `check` reports, and the doctor names faults."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("gsffile")

import evenhand
from evenhand.testing.stuck_scans import write_stuck

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "five-faults.md"
REPAIRED = [
    'data.classes=["atoms", "dimers", "rows", "defects"]',
    'scanlines.flatten="slope"',
    'scanlines.normalise="line"',
    "train.learning_rate=3e-3",
    "model.net.options.layers=3",
]


def quoted(*codes: str) -> list[str]:
    """Return what the page says that the tool says, of some rules."""
    lines = re.findall(r"^> (EH\d+ .*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return [line for line in lines if line.split()[0] in codes]


def said(found: list[evenhand.Finding]) -> list[str]:
    return [f"{one.code} {one.severity}: {one.message}" for one in found]


@pytest.mark.slow
def test_check_names_three_faults_before_anything_is_trained(tmp_path: Path) -> None:
    toml = write_stuck(tmp_path)
    store = f"compute.store={tmp_path / 'store'}"
    found = said(evenhand.check(toml, changes=[store]).findings)
    lines = quoted("EH121", "EH308", "EH211")
    assert len(lines) == 3
    for line in lines:
        assert line in found
    repaired = evenhand.check(toml, changes=[store, *REPAIRED, 'balance.correct_to="uniform"']).findings
    assert not {"EH121", "EH308", "EH211"} & {one.code for one in repaired}


@pytest.mark.slow
def test_the_doctor_names_faults_from_the_record_alone(tmp_path: Path) -> None:
    toml = write_stuck(tmp_path, rows=120, sessions=24)
    few = [f"compute.store={tmp_path / 'store'}", f"output={tmp_path / 'runs'}", "evaluate.draws=200"]
    run = evenhand.run(toml, changes=[*few, "train.epochs=8", "train.batch_size=4"])
    codes = {one.code for one in evenhand.doctor(run.path).findings}
    # so few scans are less skewed than those of the page, and EH211 is silent
    assert codes >= {"EH121", "EH304", "EH308"}
    assert len(quoted("EH121", "EH211", "EH304", "EH308")) == 4


def test_the_changes_of_the_ablation_are_the_repairs(tmp_path: Path) -> None:
    toml = write_stuck(tmp_path, rows=24, sessions=8)
    rows = evenhand.ablation(toml, changes=[f"compute.store={tmp_path / 'store'}"], dry_run=True).rows
    assert [row.name for row in rows][1:-1] == [
        "four outputs",
        "normalised lines",
        "learning rate",
        "three layers",
        "class weights",
    ]
