"""axe-core finds no serious fault in any part of the page, in either scheme, on a phone and a desk."""

from __future__ import annotations

from importlib.resources import files

import pytest

from .browsing import Served, closed, counted, opened, press, until

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def axe() -> str:
    """Return the script of axe-core, which a package of the test group carries."""
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def faults(page) -> list[str]:
    """Return the faults that axe calls serious or critical, each with the elements that have it."""
    page.wait_for_timeout(50)  # a dialog that has just opened is laid out first
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    return [
        f"{one['id']}: {one['help']}; {[node['html'][:120] for node in one['nodes'][:3]]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1440])
def test_no_serious_fault(browser, axe: str, served: Served, width: int, scheme: str) -> None:
    page = opened(browser, served, width, scheme, touch=width == 375)
    page.evaluate(axe)
    until(
        page,
        "document.querySelector('#picture').naturalWidth > 0 && !document.querySelector('#nearest-part').hidden",
    )
    assert faults(page) == []
    page.locator("#filters > summary").click()
    page.locator("#by-class > summary").click()
    until(page, "document.querySelector('#class-rows tr')")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("#metadata-part > summary").click()
    assert faults(page) == []
    page.locator("#filters > summary").click()
    for key, dialog in (("?", "help"), ("l", "search"), ("n", "note")):
        press(page, key)
        until(page, f"document.querySelector('#{dialog}').open")
        assert faults(page) == [], dialog
        press(page, "Escape")
    page.locator("#card").focus()
    press(page, "x", "u")
    counted(page, 2)
    press(page, "g")
    until(page, "document.querySelector('#tiles li .label')?.textContent")
    press(page, "Space")
    assert faults(page) == []
    page.evaluate("document.querySelector('#grid-open').textContent = ''")
    assert "button-name" in str(faults(page))  # it would have been found
    closed(page, served)
