"""Photograph the review page, for the guide and the tutorial about it.

    evenhand demo && python docs/make_review_pictures.py demo/photos/runs/…

A session in a temporary folder is opened on the run, a few rows are decided by keys, and the card, the grid and the
card on a phone go to static/review*.png. It needs chromium.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from PIL import Image
from playwright.sync_api import sync_playwright

from evenhand.review.server.access import Access
from evenhand.review.server.app import build_app
from evenhand.review.server.open_session import open_session
from evenhand.review.server.serve import listening_socket

STATIC = Path(__file__).parent / "static"
COLOURS = 64
"""Colours of a picture: few enough that all three are smaller than one would be."""


def main() -> None:
    """Write the pictures."""
    with tempfile.TemporaryDirectory() as folder, served(Path(sys.argv[1]), Path(folder)) as address:
        photograph(address)


def photograph(address: str) -> None:
    """Decide a few rows in a browser, and write pictures of the card, the grid and a phone."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        desk = opened(browser, address, 1200, 800, "light")
        for key in (".", "Space", "2", "x", "."):
            desk.keyboard.press(key)
            desk.wait_for_timeout(1500)
        taken(desk, "review")
        desk.keyboard.press("g")
        for key in ("Space", "ArrowRight", "ArrowRight", "Space"):
            desk.wait_for_timeout(1000)
            desk.keyboard.press(key)
        desk.wait_for_timeout(1000)
        taken(desk, "review-grid")
        taken(opened(browser, address, 375, 720, "dark", touch=True), "review-phone")
        browser.close()


@contextmanager
def served(run: Path, folder: Path) -> Iterator[str]:
    """Serve a session on a run, with its features read, and yield the address."""
    session = open_session(run, folder=folder, reviewer="ada", order="suspicion").session
    if session.nearest is not None:
        session.nearest.wait()
    with listening_socket(0) as listener:
        access = Access.on(listener.getsockname()[1])
        server = uvicorn.Server(uvicorn.Config(build_app(session, access), log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield access.address
        server.should_exit = True
        thread.join()


def opened(browser: Any, address: str, width: int, height: int, scheme: str, *, touch: bool = False) -> Any:
    """Return a page with the first card."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, has_touch=touch, is_mobile=touch
    )
    page = context.new_page()
    page.goto(address)
    page.wait_for_timeout(3000)  # the nearest rows come last
    return page


def taken(page: Any, name: str) -> None:
    """Write a picture of what is on the screen."""
    path = STATIC / f"{name}.png"
    page.screenshot(path=str(path))
    with Image.open(path) as picture:
        few = picture.convert("RGB").quantize(COLOURS, method=Image.Quantize.MEDIANCUT)
    few.save(path, optimize=True)


if __name__ == "__main__":
    main()
