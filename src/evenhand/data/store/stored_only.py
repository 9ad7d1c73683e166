"""A store that is only read: what it lacks is missing, and is not computed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from evenhand.base.errors import StoreError
from evenhand.data.store.entry import StoreEntry
from evenhand.data.store.store import Store


class StoredOnly(Store):
    """A `Store` that raises `StoreError` for an entry that it would have to compute.

    For what is good to have but not worth minutes of computing, such as the rows nearest to one under review.
    """

    @classmethod
    def of(cls, store: Store) -> StoredOnly:
        """Return the same store, and those that it reads from, without computing."""
        return cls(store.folder, store.limit_bytes, also=store.also, on_damage=store.on_damage)

    def _built(self, place: Path, build: Callable[[Path], None]) -> StoreEntry:
        raise StoreError(f"{self.folder}: does not hold {place.name}, and nothing is computed here.")
