"""A session that is served, and what tests do in a browser with it."""

from __future__ import annotations

import threading

import uvicorn

from evenhand.review.log.log_file import DecisionLog
from evenhand.review.server.access import Access
from evenhand.review.server.app import build_app
from evenhand.review.server.serve import listening_socket
from evenhand.review.server.session import ReviewSession


class Served:
    """A session that is served in a thread."""

    def __init__(self, session: ReviewSession) -> None:
        self.session = session
        self.socket = listening_socket(0)
        self.access = Access.on(self.socket.getsockname()[1])
        config = uvicorn.Config(build_app(session, self.access), log_level="warning", lifespan="off")
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]}, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join()
        self.socket.close()

    def log(self) -> list[tuple[str, str]]:
        return [(event.kind, event.row) for event in DecisionLog(self.session.live.log.path).events()[0]]


def opened(browser, served: Served, width: int, scheme: str, *, touch: bool = False):
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, has_touch=touch, is_mobile=touch
    )
    page = context.new_page()
    page.said = []
    page.asked = []
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(served.access.address)
    until(page, "document.querySelector('#row-label').textContent")
    return page


def until(page, condition: str) -> None:
    """Wait for a condition; playwright's own waiting compiles text in the page, which the page's policy forbids."""
    for _ in range(1000):
        if page.evaluate(f"Boolean({condition})"):
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"never true: {condition}; the console says {page.said}")


def closed(page, served: Served) -> None:
    """Assert that nothing went wrong and nothing was asked of another machine."""
    assert page.said == []
    assert all(url.startswith(f"http://127.0.0.1:{served.access.port}/") for url in page.asked)
    page.context.close()


def counted(page, n: int) -> None:
    until(page, f"document.querySelector('#progress').textContent.startsWith('{n} of')")


def press(page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)
