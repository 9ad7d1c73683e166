"""The tutorial is run as it stands: what the page quotes is what `check` says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("ezdxf")

import evenhand
from evenhand.testing.inherited_drawings import write_inherited

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "ninety-two-per-cent.md"
REPAIRED = [
    "folds.test=none",
    "folds.duplicates=group",
    'folds.families=["names","contents"]',
    "data.group=order",
    "drawings.max_nodes=2000",
]


def quoted() -> list[str]:
    """Return what the page says that the tool says."""
    return re.findall(r"^> (EH\d+ .*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.slow
def test_the_page_quotes_what_check_says(tmp_path: Path) -> None:
    toml = write_inherited(tmp_path)
    store = f"compute.store={tmp_path / 'store'}"
    found = evenhand.check(toml, changes=[store]).findings
    said = "\n".join(f"{one.code} {one.severity}: {one.message}" for one in found)
    assert len(quoted()) >= 6
    for line in quoted():
        assert line in said
    repaired = evenhand.check(toml, changes=[store, *REPAIRED]).findings
    codes = {one.code for one in repaired if one.severity == "error"}
    assert codes == {"EH114"}, "the column split still divides families"
    assert not {"EH105", "EH118"} & {one.code for one in repaired}


def test_the_inherited_project_has_copies_on_both_sides(tmp_path: Path) -> None:
    write_inherited(tmp_path, originals=42)
    table = (tmp_path / "manifest.csv").read_text(encoding="utf-8").splitlines()[1:]
    split = {row.split(",")[0]: row.split(",")[3] for row in table}
    raw = {path: (tmp_path / path).read_bytes() for path in split}
    golden = [path for path in split if path.startswith("golden/")]
    assert golden
    for path in golden:
        assert any(raw[path] == raw[other] for other in split if split[other] == "train")
    torn = [path for path in split if "_aug1" in path and split[path] != split[path.replace("_aug1", "")]]
    assert torn
