"""`cache`: what the store holds, and clearing it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from evenhand.data.store.store import Cleared, Store


def cache(folder: str | Path | None = None) -> pd.DataFrame:
    """Return the entries of the store, one a row, the least recently used first.

    Parameters
    ----------
    folder
        The store's folder; None for the user's own.
    """
    return _store(folder).usage()


def clear_cache(folder: str | Path | None = None) -> Cleared:
    """Remove every entry that no process uses, and return how many entries and bytes that freed."""
    return _store(folder).clear()


def cache_folder(folder: str | Path | None = None) -> Path:
    """Return where the store lies."""
    return _store(folder).folder


def _store(folder: str | Path | None) -> Store:
    return Store(None if folder is None else Path(folder))
