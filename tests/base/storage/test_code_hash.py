"""Marks of code: another mark for another source, wherever in the folder it lies."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from evenhand.base.storage.code_hash import source_mark


def mark(root: Path, *modules: str, within: str | None = None) -> str:
    code = (
        "from evenhand.base.storage.code_hash import source_mark; "
        f"print(source_mark(*{modules!r}, within={within!r}))"
    )
    made = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )  # a process of its own: modules stay imported, and marks are kept
    return made.stdout.strip()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "kind"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "read.py").write_text("import json\nfrom kind.filter import clean\nfrom . import shape\n")
    (folder / "filter.py").write_text("from .deep import WIDTH\nclean = WIDTH\n")
    (folder / "deep.py").write_text("from kind import read\nWIDTH = 0.85\n")  # a ring of imports ends
    (folder / "shape.py").write_text("SHAPE = 1\n")
    (folder / "network.py").write_text("from kind.read import clean\n")
    return tmp_path


@pytest.mark.parametrize("name", ["read", "filter", "deep", "shape"])
def test_a_change_in_what_is_imported_changes_the_mark(package: Path, name: str) -> None:
    before = mark(package, "kind.read")
    with (package / "kind" / f"{name}.py").open("a") as file:
        file.write("# 1\n")
    assert mark(package, "kind.read") != before


def test_a_change_in_what_is_not_imported_does_not(package: Path) -> None:
    before = mark(package, "kind.read")
    (package / "kind" / "network.py").write_text("\n")
    assert mark(package, "kind.read") == before


@pytest.mark.parametrize("name", ["filters/band", "filters/deep/notch", "filters/__init__"])
def test_imports_are_followed_into_folders_of_the_package(package: Path, name: str) -> None:
    deep = package / "kind" / "filters" / "deep"
    deep.mkdir(parents=True)
    (deep / "__init__.py").write_text("")
    (deep / "notch.py").write_text("from kind.read import clean\nNOTCH = clean\n")
    (deep.parent / "__init__.py").write_text("")
    (deep.parent / "band.py").write_text("from kind.filters.deep.notch import NOTCH\n")
    (package / "kind" / "read.py").write_text("from kind.filters import band\n")
    before = mark(package, "kind.read", within="kind")
    alone = mark(package, "kind.read")
    with (package / "kind" / f"{name}.py").open("a") as file:
        file.write("# 1\n")
    assert mark(package, "kind.read", within="kind") != before
    assert (mark(package, "kind.read") == alone) == (name != "filters/__init__")  # a package lies in the folder


def test_the_order_of_names_does_not_count(package: Path) -> None:
    assert mark(package, "kind.read", "kind.network") == mark(package, "kind.network", "kind.read")


def test_a_module_that_is_not_there_is_told() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"evenhand\.nowhere"):
        source_mark("evenhand.nowhere")
