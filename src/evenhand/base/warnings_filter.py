"""Suppress warnings of third-party code, safely from several threads."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_lock = threading.Lock()
_depth = 0
_filters: Any = None


@contextmanager
def quiet(module: str) -> Iterator[None]:
    r"""Ignore warnings raised in modules that match a regular expression while any thread is inside.

    `warnings.catch_warnings` alone is not thread-safe, because filters belong to the whole process: the thread that
    leaves first would restore them for all. So threads are counted, and the last one restores the filters.

    Parameters
    ----------
    module
        Regular expression, matched at the start of the module's name (r"PIL\.").
    """
    global _depth, _filters  # noqa: PLW0603
    with _lock:
        if _depth == 0:
            _filters = warnings.catch_warnings()
            _filters.__enter__()
        _depth += 1
        warnings.filterwarnings("ignore", module=module)
    try:
        yield
    finally:
        with _lock:
            _depth -= 1
            if _depth == 0:
                _filters.__exit__(None, None, None)
