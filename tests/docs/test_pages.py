"""The pages name what there is: every public name, every verb, and each other."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

import evenhand

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    path
    for folder in ("tutorials", "how-to", "reference", "explanation", "decisions", ".")
    for path in (DOCS / folder).glob("*.md")
)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def test_every_public_name_is_on_the_page_of_python() -> None:
    text = (DOCS / "reference" / "python.md").read_text(encoding="utf-8")
    named = set(re.findall(r"auto\w+:: evenhand\.(\w+)", text))
    assert set(evenhand.__all__) - {"__version__"} == named


def test_every_verb_of_the_shell_has_its_help_on_the_site() -> None:
    commands = {path.stem for path in (ROOT / "src/evenhand/cli/commands").rglob("[a-z]*.py")}
    text = (DOCS / "make_pages.py").read_text(encoding="utf-8")
    listed = re.findall(r'^    "(\w+)",$', text, re.MULTILINE)
    assert commands == set(listed)


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_links_of_the_first_pages_lead_to_files(name: str) -> None:
    links = [link for link in LINK.findall((ROOT / name).read_text(encoding="utf-8")) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_page_is_listed_by_its_section() -> None:
    for page in PAGES:
        if page.name != "index.md" and page.parent.name != "decisions":
            listed = (page.parent / "index.md").read_text(encoding="utf-8")
            assert f"\n{page.stem}\n" in listed, f"{page.parent.name}/index.md does not list {page.stem}"


def test_decisions_have_a_number_each() -> None:
    numbers = [path.name[:4] for path in sorted((DOCS / "decisions").glob("0*.md"))]
    assert numbers == [f"{number:04d}" for number in range(1, len(numbers) + 1)]


IMPORT = re.compile(r"^\s*from (evenhand[\w.]*) import ([\w, ]+)$", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_the_examples_import_is_there(page: Path) -> None:
    for module, names in IMPORT.findall(page.read_text(encoding="utf-8")):
        found = importlib.import_module(module)
        for name in names.split(","):
            assert hasattr(found, name.strip()), f"{page.name}: {module} has no {name.strip()}"
