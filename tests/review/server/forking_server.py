"""Servers of one session, one after the other, as processes that can be killed; modules are imported once for all.

    python forking_server.py TOML

For every line of standard input, the folder of a session, a child is forked that serves the page, and prints its
process id and the address. When it is dead, the next line is read.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import starlette.applications  # noqa: F401  (imported before the fork, not by every child)
import uvicorn.protocols.http.auto  # noqa: F401

from evenhand.review.server.access import Access
from evenhand.review.server.app import build_app
from evenhand.review.server.open_session import open_session
from evenhand.review.server.serve import serve


def main() -> None:
    for folder in sys.stdin:
        child = os.fork()
        if not child:
            serve_until_killed(Path(sys.argv[1]), Path(folder.rstrip("\n")))
            os._exit(0)
        os.waitpid(child, 0)


def serve_until_killed(toml: Path, folder: Path) -> None:
    opened = open_session(toml, folder=folder, reviewer="ada")

    def build(port: int) -> tuple[object, str]:
        access = Access.on(port)
        return build_app(opened.session, access), access.address

    serve(build, 0, say=lambda address, _: print(os.getpid(), address, flush=True), browser=False)


if __name__ == "__main__":
    main()
