"""The report as a person meets it: in Debian's chromium, from disk."""

from __future__ import annotations

import pytest

from evenhand.base.storage.record import Record
from evenhand.reporting.write_html import write_report

from .conftest import picture
from .test_write_html import SECTIONS

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1440])
def test_it_reads_well(browser, record: Record, width: int, scheme: str) -> None:
    path = write_report(record, picture)
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    for name in SECTIONS:
        assert page.locator(f"section#{name} h2").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width > 768:  # on a phone the contents scroll, elsewhere nothing is cut off
        assert page.evaluate("(nav => nav.scrollWidth <= nav.clientWidth)(document.querySelector('nav ol'))")
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert said == []
    assert all(url.startswith(("file:", "data:")) for url in asked)
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 29)"}[scheme]
    page.close()


def test_the_keyboard_reaches_everything(browser, record: Record) -> None:
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    page.goto(write_report(record, picture).as_uri())
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "(document.activeElement.textContent || '').trim().slice(0, 24) + '|' + "
                "document.activeElement.tagName"
            )
        )
    assert reached[0] == "Skip to the report|A"
    assert "Scores|A" in reached
    assert any(item.endswith("SUMMARY") for item in reached)
    assert any(item.endswith(("FIGURE", "DIV")) for item in reached)
    page.close()
