"""The pictures of ARCHITECTURE.md are those of the code, and every path that the page names is there."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "docs" / "make_architecture.py"
PATH = re.compile(r"`((?:[a-z0-9_]+/)+(?:[a-z0-9_]+\.py)?)`")


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_architecture", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def page(maker: ModuleType) -> str:
    return maker.PAGE.read_text(encoding="utf-8")


def test_the_committed_pictures_are_those_of_the_code(maker: ModuleType, page: str) -> None:
    assert maker.differences(page) == []


@pytest.mark.slow
def test_writing_the_pictures_changes_nothing_else(maker: ModuleType, page: str) -> None:
    assert maker.filled(maker.filled(page)) == maker.filled(page)
    assert maker.differences(maker.filled(page)) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("pipeline --> reporting", "pipeline --> testing", "'rooms' is not that of the code"),
        ("| `engines` |", "| `motors` |", "'sizes' is not that of the code"),
        ("-->|record| train", "-->|record| report", "'data' is not that of the code"),
    ],
)
def test_a_stale_picture_is_reported(maker: ModuleType, page: str, old: str, new: str, words: str) -> None:
    assert old in page
    assert words in "\n".join(maker.differences(page.replace(old, new)))


def test_sizes_may_drift_a_little(maker: ModuleType, page: str) -> None:
    fresh = maker.filled(page)
    lines = re.search(r"\*\*|<b>base</b><br/>\d+ files, ([\d,]+) lines", fresh[fresh.index("<b>base</b>") - 3 :])
    assert lines is not None
    now = int(lines[1].replace(",", ""))
    assert maker.differences(fresh.replace(f"{lines[1]} lines", f"{int(now * 1.1):,} lines")) == []
    assert "off" in "\n".join(maker.differences(fresh.replace(f"{lines[1]} lines", f"{now * 2:,} lines")))


def test_every_path_on_the_page_exists(maker: ModuleType, page: str) -> None:
    written = re.sub(
        r"<!-- made: .*?<!-- /made -->", "", page, flags=re.DOTALL
    )  # docstrings name paths of their room
    paths = PATH.findall(written)
    assert len(paths) > 40
    missing = [path for path in paths if not any((base / path).exists() for base in (ROOT, maker.PACKAGE))]
    assert missing == []


@pytest.mark.slow
def test_the_files_of_a_run_are_named_in_the_order_in_which_it_enters_them(page: str) -> None:
    named = re.findall(r"^\d+\. `([^`]+)`", page, re.MULTILINE)
    assert 15 <= len(named) <= 25
    command = [sys.executable, str(ROOT / "docs" / "trace_run.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    entered = re.findall(r"^ *\d+  (\S+)  \(", done.stdout, re.MULTILINE)
    assert [file for file in entered if file in named] == named
