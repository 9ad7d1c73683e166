"""Every key of the list, every button and every order and filter, in a browser."""

from __future__ import annotations

import pytest

from .browsing import Served, closed, counted, opened, press, until

pytestmark = pytest.mark.browser


def kinds(served: Served) -> list[str]:
    return [event.kind for event in reversed(served.session.live.state.latest("ada", 50))]


def test_every_key_of_the_list(browser, served: Served) -> None:
    page = opened(browser, served, 1440, "dark")
    name = "document.querySelector('#row-name').textContent"
    for n, key in enumerate(("k", " ", "x", "Delete", "u"), start=1):
        press(page, key)
        counted(page, n)
    assert kinds(served) == ["keep", "keep", "trash", "trash", "unsure"]
    press(page, "z", "Backspace", "Control+z")
    counted(page, 2)
    press(page, "y", "Control+y", "Control+Shift+Z")
    counted(page, 5)
    first = page.evaluate(name)
    press(page, ".")
    until(page, f"{name} !== {first!r}")
    press(page, ",")
    until(page, f"{name} === {first!r}")
    press(page, "a", "ArrowDown")  # arrows navigate now
    until(page, f"{name} !== {first!r}")
    press(page, "ArrowUp")
    until(page, f"{name} === {first!r}")
    press(page, "a")
    # the label is the first of the likely classes and the second is another one
    press(page, "1")
    counted(page, 6)
    press(page, "2")
    counted(page, 7)
    assert kinds(served)[5:] == ["keep", "relabel"]
    for key in ("l", "/", "ArrowUp"):
        press(page, key)
        assert page.locator("#search").is_visible()
        press(page, "Escape")
    press(page, "?")
    assert page.locator("#help").is_visible()
    press(page, "Escape")
    counted(page, 7)
    closed(page, served)


@pytest.mark.parametrize("touch", [False, True])
def test_every_button(browser, served: Served, touch: bool) -> None:
    page = opened(browser, served, 375 if touch else 1440, "light", touch=touch)

    def use(name: str) -> None:
        control = page.locator(name)
        if touch:
            control.tap()
        else:
            control.click()

    # without the keys, which a touch screen does not show, the names of classes have their room
    assert page.locator("#likely li button span:not(:empty)").first.bounding_box()["width"] > 100
    for n, action in enumerate(("keep", "take", "trash", "unsure"), start=1):
        use(f"#do-{action}")
        counted(page, n)
    use("#do-undo")
    counted(page, 3)
    use("#do-redo")
    counted(page, 4)
    use("#likely li:nth-child(2) button")
    counted(page, 5)
    use("#do-relabel")
    use("#search-found li:first-child")
    counted(page, 6)
    use("#do-note")
    page.locator("#note-text").fill("seen")
    use("#note-save")
    until(page, "document.querySelector('#live').textContent.includes('saved')")
    use("#strip li:first-child button")
    until(page, "document.querySelector('#row-decision').textContent")
    assert served.log()[-1][0] == "note"
    closed(page, served)


def test_orders_filters_and_progress(browser, served: Served) -> None:
    rows = served.session.rows
    page = opened(browser, served, 375, "light", touch=True)
    suspicious = str(rows.ids[0])
    page.locator("#filters > summary").tap()
    words = "document.querySelector('#order-words').textContent"
    for order in ("suspicion", "margin", "findings", "random", "by_class"):
        before = page.evaluate(words)
        page.locator("[name=order]").select_option(order)
        until(page, f"{words} !== {before!r}")
    # nothing is lost by asking for one finding, one class, one group, or what was decided
    page.locator("[name=finding]").select_option("EH109")
    until(page, "document.querySelector('#findings li')")
    page.locator("#do-keep").tap()
    counted(page, 1)
    assert served.log() == [("keep", suspicious)]
    page.locator("[name=finding]").select_option("")
    page.locator("[name=decision]").select_option("decided")
    until(page, "document.querySelector('#row-decision').textContent.includes('kept')")
    page.locator("[name=decision]").select_option("open")
    wanted = rows.labels[-1][0]
    page.locator("[name=class]").select_option(wanted)
    until(page, f"document.querySelector('#row-label').textContent === {wanted!r}")
    page.locator("#by-class > summary").tap()
    until(
        page, f"document.querySelectorAll('#class-rows tr').length === {len({label for (label,) in rows.labels})}"
    )
    closed(page, served)


@pytest.mark.parametrize("touch", [False, True])
def test_classes_and_notes_for_the_selected_tiles(browser, served: Served, touch: bool) -> None:
    page = opened(browser, served, 375 if touch else 1440, "dark", touch=touch)
    press(page, "g")
    until(page, "document.querySelectorAll('#grid-likely button').length > 1")
    name = page.evaluate("document.querySelector('#grid-likely button:nth-child(2)').textContent").removeprefix("2")
    for place in (0, 1):
        tile = page.locator(f"#tile-{place}")
        if touch:
            tile.tap()
        else:
            tile.click()
    press(page, "n")
    page.locator("#note-text").fill("both")
    page.locator("#note-save").click()
    until(page, "document.querySelector('#live').textContent.includes('saved')")
    if touch:
        page.locator("#grid-likely button:nth-child(2)").tap()
    else:
        press(page, "2")
    counted(page, 2)
    found = served.session.live.state.latest("ada")
    assert {event.outcome for event in found} == {("label", (name,))}
    assert all(served.session.live.state.notes(event.row) == {"ada": "both"} for event in found)
    assert {event.shown.view for event in found} == {"grid"}
    closed(page, served)
