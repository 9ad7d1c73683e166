"""The report of two hundred hostile class names: nothing executes, and every name can be read."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from evenhand.base.text.escaping import printable, printable_lines
from evenhand.reporting.write_html import rendered
from evenhand.testing.hostile_names import hostile_names

from .conftest import make_record

pytestmark = pytest.mark.xdist_group("hostile")  # one process, so that its fixtures are made once


class Page(HTMLParser):
    """Tags, the names of their attributes, links, and all text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name in ("href", "src", "xlink:href")}

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return rendered(make_record(tmp_path_factory.mktemp("hostile"), hostile_names(), rows=400))


def test_nothing_in_it_runs(page: str) -> None:
    found = Page(page)
    assert not found.tags & {"script", "img", "iframe", "object", "embed", "link", "form", "b", "base"}
    assert not [name for name in found.attributes if name.startswith("on")]
    assert all(link.startswith("#") for link in found.links)


def test_every_name_is_there(page: str) -> None:
    text = "".join(Page(page).text)
    assert [name for name in hostile_names() if printable(name) not in text] == []


def test_nothing_invisible_is_left(page: str) -> None:
    assert printable_lines(page) == page
    assert "could not be drawn" not in page


def test_a_chart_stands_for_every_section(page: str, tmp_path: Path) -> None:
    assert page.count("<svg") == rendered(make_record(tmp_path)).count("<svg")
