"""What the page asks the server: JSON in and out, and pictures."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from evenhand.base.errors import DataError, EvenhandError
from evenhand.review.server.access import PICTURE_POLICY
from evenhand.review.server.cards import shown
from evenhand.review.server.grid import ReviewGrid
from evenhand.review.server.row_named import row_named
from evenhand.review.server.session import ReviewSession
from evenhand.review.server.view import View

LARGEST_BODY = 256 << 10
"""Bytes of the largest request; a note of the greatest length is a sixth of it."""


class Api:
    """The routes of a session.

    Reading and writing happen in threads, as files are read and the log waits for the disk.
    """

    def __init__(self, session: ReviewSession) -> None:
        self._session, self._grid = session, ReviewGrid(session)

    def routes(self) -> list[Route]:
        """Return the routes below /api/."""
        return [
            Route("/api/session", self.session),
            Route("/api/queue", self.queue),
            Route("/api/grid", self.grid),
            Route("/api/tiles", self.tiles),
            Route("/api/progress", self.progress),
            Route("/api/card", self.card),
            Route("/api/nearest", self.nearest),
            Route("/api/picture", self.picture),
            Route("/api/picture-fault", self.picture_fault),
            Route("/api/decisions", self.decide, methods=["POST"]),
            Route("/api/undo", self.undo, methods=["POST"]),
            Route("/api/redo", self.redo, methods=["POST"]),
        ]

    async def session(self, request: Request) -> Response:
        return await _answered(self._session.describe)

    async def queue(self, request: Request) -> Response:
        asked = request.query_params
        after, n = asked.get("after", ""), _whole(asked.get("n"), 12)

        def cards() -> dict[str, Any]:
            return {"cards": self._session.cards(View.of(self._session.order, asked), after=after, n=n)}

        return await _answered(cards)

    async def grid(self, request: Request) -> Response:
        asked = request.query_params

        def begun() -> dict[str, Any]:
            return self._grid.begin(View.of(self._session.order, asked), near=asked.get("near", ""))

        return await _answered(begun)

    async def tiles(self, request: Request) -> Response:
        asked = request.query_params
        start, n = _whole(asked.get("start"), 0), _whole(asked.get("n"), 60)
        return await _answered(lambda: {"tiles": self._grid.tiles(asked.get("grid", ""), start, n)})

    async def progress(self, request: Request) -> Response:
        return await _answered(self._session.progress)

    async def card(self, request: Request) -> Response:
        row, which = request.query_params.get("row", ""), request.query_params.get("decision", "")
        return await _answered(lambda: self._session.card(row_named(self._session.rows, row), which))

    async def nearest(self, request: Request) -> Response:
        row = request.query_params.get("row", "")
        return await _answered(lambda: self._session.near(row))

    async def picture(self, request: Request) -> Response:
        asked = request.query_params
        row, side = asked.get("row", ""), _whole(asked.get("side"), 1024)
        try:
            picture = await run_in_threadpool(self._session.picture, row, side)
        except EvenhandError as error:
            return _refused(error, 404)
        headers = {"Content-Security-Policy": PICTURE_POLICY, "Cache-Control": "private, max-age=600"}
        return Response(picture.content, headers=headers, media_type=picture.media_type)

    async def picture_fault(self, request: Request) -> Response:
        row = request.query_params.get("row", "")

        def fault() -> dict[str, str]:
            try:
                self._session.picture(row, 16)
            except EvenhandError as error:
                name, words = self._session.card(row)["name"], shown(error)
                # what reading says of a file has no subject: "is not a JPEG, …"
                reason = f", which {words}" if words.startswith(("is ", "has ", "cannot ")) else f": {words}"
                return {"reason": f"No picture of {name}{reason}"}
            return {"reason": "The browser cannot show the picture of this row."}

        return await _answered(fault)

    async def decide(self, request: Request) -> Response:
        return await self._told(request, self._session.decide)

    async def undo(self, request: Request) -> Response:
        return await self._told(request, lambda body: self._session.undo(*_step(body)))

    async def redo(self, request: Request) -> Response:
        return await self._told(request, lambda body: self._session.redo(*_step(body)))

    async def _told(self, request: Request, act: Callable[[dict[str, Any]], dict[str, Any]]) -> Response:
        try:
            body = await _body(request)
        except DataError as error:
            return _refused(error, 400)
        return await _answered(lambda: act(body))


class _Json(JSONResponse):
    r"""An answer; characters that UTF-8 lacks (half an emoji, cut by a browser) are "\\ud83d", as in JSON."""

    def render(self, content: Any) -> bytes:
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode("utf-8", "backslashreplace")


async def _body(request: Request) -> dict[str, Any]:
    # A form of another site can send text/plain without asking; JSON it cannot.
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise DataError("A decision must be sent as application/json.")
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > LARGEST_BODY:
            raise DataError(f"A decision may be {LARGEST_BODY:,} bytes long at most.")
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        raise DataError("A decision must be JSON.") from None
    if not isinstance(body, dict):
        raise DataError("A decision must be a JSON object.")
    return body


async def _answered(make: Callable[[], dict[str, Any]]) -> Response:
    try:
        return _Json(await run_in_threadpool(make))
    except EvenhandError as error:
        return _refused(error, 422)


def _step(body: dict[str, Any]) -> tuple[str, str]:
    return str(body.get("event", "")), str(body.get("decision", ""))


def _refused(error: EvenhandError, status: int) -> Response:
    return _Json({"error": shown(error)}, status)


def _whole(text: str | None, default: int) -> int:
    """Return the number that a query holds, or the default where it holds none."""
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else default
