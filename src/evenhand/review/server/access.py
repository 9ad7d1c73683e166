"""Who may use the page: a browser on this machine that was opened with the token, and no other site within it.

A server on loopback is within reach of every page that the browser shows: a site can send requests to it, embed it,
or make its own name resolve to 127.0.0.1 (DNS rebinding). Hence the token, the checks of Host, Origin and
Sec-Fetch-Site, and headers that forbid everything that the page does not need.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.datastructures import MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = "127.0.0.1"

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy of the page: its own files and nothing else, no script or style within the markup."""

PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
"""Content-Security-Policy of a picture: an SVG that is opened by itself runs nothing."""

HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
READING = ("GET", "HEAD")


@dataclass(frozen=True)
class Access:
    """What a request must bring.

    Attributes
    ----------
    port
        The port that the server listens on; a request must name it in Host.
    token
        The secret of this server, in the address that is opened and later in a cookie.
    """

    port: int
    token: str

    @classmethod
    def on(cls, port: int) -> Access:
        """Return the access of a server on a port, with a token of its own."""
        return cls(port, secrets.token_urlsafe(32))

    @property
    def address(self) -> str:
        """The address to open, with the token."""
        return f"http://{LOOPBACK}:{self.port}/?token={self.token}"

    @property
    def cookie(self) -> str:
        """The name of the cookie; browsers share cookies between the ports of a host."""
        return f"evenhand-review-{self.port}"

    def opens(self, path: str, query: str) -> bool:
        """Return whether a request is for the address with the token."""
        given = parse_qs(query).get("token", [""])[0]
        return path == "/" and secrets.compare_digest(given.encode(), self.token.encode())

    def refusal(self, method: str, path: str, query: str, headers: Mapping[str, str]) -> tuple[int, str] | None:
        """Return status and reason of the refusal of a request, or None where it is let in.

        Parameters
        ----------
        headers
            The request's headers, names in lower case.
        """
        host = headers.get("host", "")
        if host not in (f"{LOOPBACK}:{self.port}", f"localhost:{self.port}"):
            return 403, "This page answers on this machine only, at the address that `evenhand review` printed."
        if self.opens(path, query) and method in READING:
            return None
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return 403, "Another site asked for this; only the page itself may."
        if method not in READING and headers.get("origin") != f"http://{host}":
            return 403, "Only the page itself may send decisions."
        if not secrets.compare_digest(self._token_of(headers.get("cookie", "")).encode(), self.token.encode()):
            return 401, "Open the address that `evenhand review` printed: the token in it is missing here."
        return None

    def _token_of(self, cookies: str) -> str:
        # not http.cookies: it drops all cookies for a malformed one, and those of other ports come along
        return cookie_parser(cookies).get(self.cookie, "")


class GuardedApp:
    """An ASGI application behind the checks of `Access`; every answer carries the headers."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # Several headers of one name, as a smuggled second Host, end in the last one and fail the comparison or not
        # at all: uvicorn refuses two Hosts itself.
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        query = scope["query_string"].decode("latin-1")
        access, path = self._access, scope["path"]

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    sent.setdefault(name, value)
                if access.opens(path, query):
                    sent.append("Set-Cookie", f"{access.cookie}={access.token}; Path=/; HttpOnly; SameSite=Strict")
            await send(message)

        refused = access.refusal(scope["method"], path, query, headers)
        if refused is not None:
            status, reason = refused
            # not through `send_guarded`: a refused request for the address with the token must not get the cookie
            await PlainTextResponse(reason, status, headers=HEADERS)(scope, receive, send)
            return
        await self._app(scope, receive, send_guarded)
