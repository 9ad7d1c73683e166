"""Rows that may have several classes, and reviewers who differ, in a browser."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evenhand.review.log.live_review import LiveReview
from evenhand.review.rows.from_config import from_config
from evenhand.review.rows.pictures import Pictures
from evenhand.review.rows.review_rows import ReviewRows
from evenhand.review.server.session import ReviewSession
from evenhand.review.server.view import View
from evenhand.settings.load import load

from .browsing import Served, closed, counted, opened, press, until
from .conftest import session_of

pytestmark = pytest.mark.browser


@pytest.fixture
def tagged(toml: Path, tmp_path: Path) -> Iterator[Served]:
    """Serve photos each of which has its class and the next one."""
    rows = from_config(toml)
    labels = rows.samples.matrix() + np.roll(rows.samples.matrix(), 1, axis=1)
    rows = ReviewRows.of(replace(rows.samples, labels=labels, task="multi"))
    pictures, live = Pictures.of_settings(load(toml), rows), LiveReview(tmp_path / "decisions.jsonl")
    found = Served(ReviewSession(rows, pictures, live, "ada", "by_class"))
    yield found
    found.stop()


def test_several_classes_are_toggled_and_set_together(browser, tagged: Served) -> None:
    rows = tagged.session.rows
    page = opened(browser, tagged, 1440, "light")
    first = page.evaluate("document.querySelector('#row-label').textContent")
    card = tagged.session.cards(View.of("by_class", {}), n=1)[0]
    assert first == ", ".join(card["label"])
    lacks = next(name for name in rows.classes if name not in card["label"])
    press(page, "l")
    page.keyboard.type(lacks)
    press(page, "Enter")
    assert page.locator("#search").is_visible()  # a class is toggled, nothing is decided
    assert page.locator("#search-found li.at").get_attribute("aria-selected") == "true"
    press(page, "Control+Enter")
    counted(page, 1)
    event = tagged.session.live.state.latest("ada")[0]
    assert (event.kind, set(event.to)) == ("relabel", {*card["label"], lacks})
    # by pointer, on the same row again: what was set is toggled off, and nothing but what the row had is a keep
    press(page, "z")
    counted(page, 0)
    page.locator("#do-relabel").click()
    page.locator("#search-text").fill(lacks)
    page.locator("#search-found li").first.click()
    page.locator("#search-found li").first.click()
    assert page.locator("#search-found li").first.get_attribute("aria-selected") == "false"
    page.locator("#search-set").click()
    counted(page, 1)
    assert tagged.session.live.state.latest("ada")[0].kind == "keep"
    # a number asks here, as one class does not replace several
    press(page, "1")
    assert page.locator("#search").is_visible()
    closed(page, tagged)


def test_a_dispute_is_settled_in_the_page(browser, served: Served, toml: Path) -> None:
    log, row = served.session.live.log.path, str(served.session.rows.ids[3])
    own = served.session.rows.labels[3][0]
    other = next(name for name in served.session.rows.classes if name != own)
    for name, kind, to in (("ben", "keep", None), ("cy", "relabel", [other])):
        session_of(toml, log, name).decide({"event": uuid.uuid4().hex, "kind": kind, "row": row, "to": to})
    page = opened(browser, served, 1440, "light")
    page.locator("#filters > summary").click()
    assert page.locator("#dispute-part").is_hidden()
    page.locator("[name=decision]").select_option("disputed")
    until(page, "!document.querySelector('#dispute-part').hidden")
    said = [" ".join(item.split()) for item in page.locator("#dispute li").all_text_contents()]
    assert said == [f"ben kept {own}", f"cy relabelled {other}"]
    page.locator("#card").focus()
    press(page, "Space")
    until(page, "!document.querySelector('#finished').hidden")
    served.session.live.refresh()
    decided = served.session.live.state.decision(row)
    assert decided is not None
    assert (decided.resolved, decided.reviewers) == (True, ("ada", "ben"))
    press(page, "z")
    until(page, "!document.querySelector('#dispute-part').hidden")
    closed(page, served)
