"""`cache`: list the entries of the store, or clear it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from evenhand.data.store.store import Cleared, Store


def cache(folder: str | Path | None = None) -> pd.DataFrame:
    """Return the entries of the store, one per row, the least recently used first.

    Parameters
    ----------
    folder
        Folder of the store; None for the user's own.
    """
    return _store(folder).usage()


def clear_cache(folder: str | Path | None = None) -> Cleared:
    """Remove every entry that no process uses; return the number of entries and bytes that were freed."""
    return _store(folder).clear()


def cache_folder(folder: str | Path | None = None) -> Path:
    """Return the folder of the store."""
    return _store(folder).folder


def _store(folder: str | Path | None) -> Store:
    return Store(None if folder is None else Path(folder))
