"""entry.json: what an entry of the store holds."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator

from evenhand.base.storage.documents.shapes import Count, Document


def _time(text: str) -> str:
    """Return a time of ISO 8601 that tables can hold (years 1678 to 2261)."""
    if not 1678 <= datetime.fromisoformat(text).year <= 2261:
        raise ValueError("the year is out of range")
    return text


class EntryDocument(Document):
    """Rows, bytes and arrays of an entry, the files with their sizes, and the rows that could not be decoded."""

    what: str
    key: dict[str, Any]
    created: Annotated[str, AfterValidator(_time)]
    rows: Count
    bytes: Count
    files: dict[str, Count]
    arrays: list[str]
    failures: dict[str, str]
