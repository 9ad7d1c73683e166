"""The application: the files of the page and its API, behind the checks of access."""

from __future__ import annotations

from importlib.resources import files

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from evenhand.review.server.access import Access, GuardedApp
from evenhand.review.server.api import Api
from evenhand.review.server.session import ReviewSession

TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
INDEX = "index.html"


def build_app(session: ReviewSession, access: Access) -> GuardedApp:
    """Return the ASGI application of a session."""
    page = page_files()

    async def index(request: Request) -> Response:
        return Response(page[INDEX], media_type=TYPES[".html"])

    async def file(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in page:
            return PlainTextResponse("The page has no such file.", 404)
        return Response(page[name], media_type=TYPES[name[name.rindex(".") :]])

    routes = [Route("/", index), Route("/page/{name}", file), *Api(session).routes()]
    return GuardedApp(Starlette(routes=routes), access)


def page_files() -> dict[str, bytes]:
    """Return name -> bytes of the files of the page; they are in memory, so that no request is ever a path."""
    return {
        entry.name: entry.read_bytes()
        for entry in files("evenhand.review.server").joinpath("page").iterdir()
        if entry.name.endswith(tuple(TYPES))
    }
