"""The page as a reviewer meets it: in Debian's chromium, by keys and by touch."""

from __future__ import annotations

import pytest

from .browsing import Served, closed, counted, opened, press, until

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1440])
def test_it_reads_well(browser, served: Served, width: int, scheme: str) -> None:
    page = opened(browser, served, width, scheme)
    until(page, "document.querySelector('#picture').naturalWidth > 0")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert "token" not in page.url
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 29)"}[scheme]
    for control in page.locator("button:visible, select:visible, input:visible, summary:visible").all():
        assert control.evaluate("e => (e.ariaLabel || e.labels?.[0]?.textContent || e.textContent).trim()")
    assert page.locator("#stage").get_attribute("aria-busy") == "false"
    press(page, "?")
    assert page.locator("#help").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    closed(page, served)


def test_deciding_by_keys(browser, served: Served) -> None:
    page = opened(browser, served, 1440, "light")
    rows = [card["row"] for card in served.session.cards(view_of(served), n=50)]
    suggested = str(served.session.rows.ids[0])
    press(page, "Space", "x", "u")
    counted(page, 3)
    assert served.log() == [("keep", rows[0]), ("trash", rows[1]), ("unsure", rows[2])]
    press(page, "z", "Backspace", "Control+z")
    counted(page, 0)
    press(page, "z")  # nothing is left to undo
    press(page, "Control+y", "y")
    counted(page, 2)
    # arrow keys decide, or with the switch navigate
    press(page, "z", "z")
    counted(page, 0)
    press(page, "ArrowRight", "ArrowLeft", "ArrowDown")
    counted(page, 3)
    press(page, "a", "ArrowRight")
    assert not page.locator("#arrows").is_checked()
    until(page, "document.querySelector('#live').textContent")
    counted(page, 3)
    # the row of which the model says something else: Enter takes it
    page.locator("#filters > summary").click()
    page.locator("[name=jump]").fill(suggested)
    page.locator("[name=jump]").press("Enter")
    until(page, "!document.querySelector('#suggestion').textContent.includes('as the label')")
    page.locator("#card").focus()
    before = len(served.log())
    press(page, "Enter")
    until(page, "document.querySelector('#strip li .to').textContent.startsWith('relabelled')")
    until(page, "!document.querySelector('.unsaved:not([hidden])')")
    assert served.log()[before:] == [("relabel", suggested)]
    closed(page, served)


def test_relabelling_by_search(browser, served: Served) -> None:
    page = opened(browser, served, 1440, "light")
    wanted = served.session.rows.classes[-1]
    press(page, "l")
    page.keyboard.type(wanted[:4])
    assert page.locator("#search-found li").first.is_visible()
    press(page, "Enter")
    counted(page, 1)
    event = served.session.live.state.latest("ada")[0]
    assert (event.kind, event.to) == ("relabel", (wanted,))
    press(page, "l", "Escape")
    assert not page.locator("#search").is_visible()
    press(page, "n")
    page.keyboard.type("blurred <b>")
    page.locator("#note-save").click()
    until(page, "document.querySelector('#live').textContent.includes('saved')")
    assert served.log()[-1][0] == "note"
    closed(page, served)


def test_all_rows_to_the_end_and_back_again(browser, served: Served) -> None:
    page = opened(browser, served, 1440, "dark")
    n = len(served.session.rows)
    for at in range(n):
        press(page, "Space")
        counted(page, at + 1)  # a key before the next card is there decides nothing
    until(page, "!document.querySelector('#finished').hidden")
    press(page, "z")
    until(page, "document.querySelector('#finished').hidden")
    counted(page, n - 1)
    assert len({row for _, row in served.log()}) == n
    # another tab goes on where this one is
    page.goto(f"http://127.0.0.1:{served.access.port}/")
    counted(page, n - 1)
    closed(page, served)


@pytest.mark.parametrize("width", [375, 1440])
def test_many_rows_at_once(browser, served: Served, width: int) -> None:
    page = opened(browser, served, width, "light")
    rows = [card["row"] for card in served.session.cards(view_of(served), n=50)]
    press(page, "g")
    until(page, "document.querySelector('#tile-4 .label')?.textContent")
    # what is far from the screen is not in the document, but counted for those who hear it
    if width == 375:
        assert page.locator("#tiles li").count() < len(rows)
    first = page.locator("#tile-0")
    assert (first.get_attribute("aria-posinset"), first.get_attribute("aria-setsize")) == ("1", str(len(rows)))
    assert page.locator("#card").is_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    press(page, "Space", "ArrowRight", "ArrowRight", "Space", "x")
    counted(page, 2)
    assert served.log() == [("trash", rows[0]), ("trash", rows[2])]
    page.locator("#tile-4").click()
    page.locator("#do-unsure").click()
    counted(page, 3)
    assert served.log()[-1] == ("unsure", rows[4])
    assert page.locator("#tile-4 .done").text_content() == "left as unsure"
    press(page, "z")
    until(page, "!document.querySelector('#tile-4 .done').textContent")
    counted(page, 2)
    # the same rows at the same place after a look at the card, with what was decided there
    page.locator("#tile-4").focus()
    press(page, "End")
    until(page, f"document.activeElement.id === 'tile-{len(rows) - 1}'")
    until(page, "document.querySelector('#grid-scroller').scrollTop > 0")
    press(page, "g")
    until(page, "!document.querySelector('#card').hidden")
    press(page, "Space")
    counted(page, 3)
    press(page, "g")
    until(page, f"document.activeElement.id === 'tile-{len(rows) - 1}'")
    last, grid = f"document.querySelector('#tile-{len(rows) - 1}')", "document.querySelector('#grid-scroller')"
    until(page, f"{last}.getBoundingClientRect().bottom <= {grid}.getBoundingClientRect().bottom + 1")
    until(page, f"{grid}.scrollTop > 0")
    press(page, "Home")
    until(page, f"document.querySelector('#tile-{rows.index(served.log()[-1][1])} .done')?.textContent === 'kept'")
    # a double click opens the card of a row
    page.locator("#tile-1").dblclick()
    until(page, "!document.querySelector('#card').hidden")
    until(page, f"document.querySelector('#picture').src.includes('{rows[1]}')")
    press(page, "g")
    until(page, "document.activeElement.id === 'tile-1'")
    # only what is wholly on the screen is kept, a screen after the other
    page.locator("#grid-keep").click()
    until(page, "!document.querySelector('.unsaved:not([hidden])')")
    assert width == 1440 or len(served.session.live.state.latest("ada", 50)) < len(rows)
    for _ in rows:
        if page.locator("#grid-none").is_visible():
            break
        page.evaluate("document.querySelector('#grid-keep').click()")  # which does nothing at the end
        page.wait_for_timeout(50)
    until(page, "!document.querySelector('#grid-none').hidden")
    counted(page, len(rows))
    press(page, "g")
    until(page, "!document.querySelector('#finished').hidden")
    assert {event.shown.view for event in served.session.live.state.latest("ada", 50)} == {"grid", "card"}
    closed(page, served)


def test_a_suggestion_that_is_not_shown_is_not_taken_in_the_grid(browser, served: Served) -> None:
    rows = [card["row"] for card in served.session.cards(view_of(served), n=2)]
    served.session.blind = lambda row: row == rows[0]
    page = opened(browser, served, 1440, "light")
    page.route("**/api/picture?*side=256", lambda route: route.fulfill(status=404))
    assert page.locator("#do-keep kbd").text_content() == "Space"
    press(page, "g")
    until(page, "document.activeElement.id === 'tile-0' && document.querySelector('#tile-1 .label')?.textContent")
    assert page.locator("#do-keep kbd").text_content() == "K"  # Space selects here
    until(page, "document.querySelector('#tile-0 img').src.endsWith('/page/no-picture.svg')")
    press(page, "Enter")
    until(page, "document.querySelector('#live').textContent === 'There is no suggestion for this row.'")
    press(page, "Space", "ArrowRight", "Space", "Enter")
    counted(page, 1)
    assert [row for _, row in served.log()] == [rows[1]]
    assert page.locator("#tile-0").get_attribute("aria-selected") == "true"
    page.said.clear()  # the browser itself reports pictures that are not there
    closed(page, served)


def test_a_phone(browser, served: Served) -> None:
    page = opened(browser, served, 375, "dark", touch=True)
    box = page.locator("#stage").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = page.context.new_cdp_session(page)

    def swipe(dx: int, dy: int) -> None:
        point = [{"x": x, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": point})
        for part in (0.5, 1.0):
            moved = [{"x": x + dx * part, "y": y + dy * part}]
            touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": moved})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    swipe(120, 0)
    swipe(-120, 0)
    swipe(0, 120)
    counted(page, 3)
    swipe(20, 0)  # too short to mean anything
    swipe(0, -120)
    assert page.locator("#search").is_visible()
    press(page, "Escape")
    page.locator("#do-trash").tap()
    counted(page, 4)
    assert [kind for kind, _ in served.log()] == ["keep", "trash", "unsure", "trash"]
    closed(page, served)


def test_keys_faster_than_the_rows_decide_about_each_row_once(browser, served: Served) -> None:
    page = opened(browser, served, 1440, "light")
    page.route("**/api/queue*", lambda route: (page.wait_for_timeout(300), route.continue_()))
    n = len(served.session.rows)
    for _ in range(n + 20):
        press(page, "Space")
    for _ in range(200):
        if page.locator("#finished").is_visible():
            break
        press(page, "Space")
        page.wait_for_timeout(20)
    counted(page, n)
    assert len(served.log()) == n
    closed(page, served)


def test_keys_can_be_changed(browser, served: Served) -> None:
    page = opened(browser, served, 1440, "light")
    press(page, "?")
    page.get_by_label("Change the key: Trash").click()
    press(page, "q")
    page.keyboard.press("Escape")
    press(page, "q")
    counted(page, 1)
    assert served.log()[0][0] == "trash"
    assert page.locator("#do-trash kbd").text_content() == "Q"
    press(page, "?")
    page.get_by_label("Change the key: Unsure").click()
    page.get_by_role("button", name="Close").click()  # no key was pressed, so the next one is what it was
    press(page, "k", "z")
    until(page, "document.querySelector('#live').textContent.startsWith('Undone')")
    page.reload()
    counted(page, 1)
    until(page, "document.querySelector('#row-label').textContent")
    press(page, "q")
    counted(page, 2)
    closed(page, served)


def test_a_server_that_is_stopped_is_said_and_nothing_seems_saved(browser, served: Served) -> None:
    page = opened(browser, served, 1440, "light")
    asleep = []  # whether the lid is closed; the route is there from the load on, as it takes a moment to act
    page.route("**/api/decisions", lambda route: route.abort() if asleep else route.continue_())
    page.reload()
    until(page, "document.querySelector('#row-label').textContent")
    asleep.append(True)
    for key in ("Space", "Delete", "u"):  # as behind a closed lid: all are kept, and sent in their order
        press(page, key)
    until(page, "!document.querySelector('#trouble').hidden")
    assert page.locator("#strip .unsaved:not([hidden])").count() == 3
    assert served.log() == []
    assert leaving_is_held_up(page)
    page.unroute("**/api/decisions")
    until(page, "!document.querySelector('#strip .unsaved:not([hidden])')")
    counted(page, 3)
    assert [kind for kind, _ in served.log()] == ["keep", "trash", "unsure"]
    assert page.locator("#trouble").is_hidden()
    assert not leaving_is_held_up(page)
    # suspended, it breaks no connection and gives no answer either
    held = []
    page.route("**/api/decisions", lambda route: held.extend([route]))
    press(page, "Space")
    until(page, "document.querySelector('#trouble').textContent.includes('the server does not answer')")
    assert page.locator("#strip .unsaved:not([hidden])").count() == 1
    held[0].continue_()
    counted(page, 4)
    assert page.locator("#trouble").is_hidden()
    page.said.clear()  # the browser itself reports the request that was cut off
    closed(page, served)


def leaving_is_held_up(page) -> bool:
    return page.evaluate("!window.dispatchEvent(new Event('beforeunload', {cancelable: true}))")


def view_of(served: Served):
    from evenhand.review.server.view import View

    return View.of(served.session.order, {})
