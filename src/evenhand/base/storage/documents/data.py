"""data.json: which rows a run was made of."""

from __future__ import annotations

from pydantic import Field

from evenhand.base.storage.documents.shapes import Count, Document


class DataDocument(Document):
    """Kind, classes in order, levels, and the entries of the store that hold the rows."""

    kind: str
    classes: list[str]
    fingerprint: str = ""
    root: str = ""
    rows: Count = 0
    levels: dict[str, list[str]] = Field({})
    task: str = ""
    exclusive: list[list[str]] = Field([])
    left_out: list[dict[str, object]] = Field([])
    encoded: dict[str, str] = Field({})
    encoded_generalization: dict[str, str] = Field({})
