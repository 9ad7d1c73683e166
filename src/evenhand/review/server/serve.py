"""Start the server of the page on loopback, on the port that was asked for or the next free one."""

from __future__ import annotations

import contextlib
import errno
import gc
import importlib.util
import socket
import threading
import webbrowser
from collections.abc import Callable

from evenhand.base.errors import EvenhandError, MissingExtraError

PORT = 8797
"""The port that is tried first."""
TRIED = 50
"""How many ports are tried, the first included."""


def require_extra() -> None:
    """Raise `MissingExtraError` if packages of the extra `[review]` are not installed."""
    for package in ("starlette", "uvicorn"):
        if importlib.util.find_spec(package) is None:
            raise MissingExtraError(package, "review", "The review page")


def listening_socket(port: int = PORT, *, tried: int = TRIED) -> socket.socket:
    """Return a socket that listens on loopback, on `port` or the next free port above it.

    Raises
    ------
    EvenhandError
        If none of `tried` ports is free, or the port is not one.
    """
    if not 0 <= port <= 65535:
        raise EvenhandError(f"--port: {port} is not a port; ports are 1 to 65535, and 0 takes any free one.")
    last = min(port + tried, 65536) if port else 1
    for candidate in range(port, last):
        found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind(("127.0.0.1", candidate))
            found.listen(128)
        except OSError as error:
            found.close()
            if error.errno == errno.EACCES:
                raise EvenhandError(
                    f"--port: {candidate} may not be used by this user; take one above 1023."
                ) from None
            continue
        return found
    raise EvenhandError(f"--port: none of the ports {port} to {last - 1} is free; name another one.")


def serve(
    build: Callable[[int], tuple[object, str]], port: int, *, say: Callable[[str, int], None], browser: bool
) -> None:
    """Serve until the user stops it with Ctrl+C.

    Parameters
    ----------
    build
        The port that was found -> the ASGI application, and the address that opens it.
    port
        The port that is tried first.
    say
        Receives address and port before the first request is answered.
    browser
        Whether to open the address in the user's browser.

    Raises
    ------
    EvenhandError
        As `require_extra` and `listening_socket`.
    """
    require_extra()
    import uvicorn

    listener = listening_socket(port)
    found = int(listener.getsockname()[1])
    app, address = build(found)
    say(address, found)
    if browser:
        # In a thread: some browsers return only when they are closed. The socket listens already.
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]  # typed as object, so that this module needs no package of the extra
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    # What is there now stays to the end. Looking through it for garbage would stop all answers again and again.
    gc.freeze()
    with listener, contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])
