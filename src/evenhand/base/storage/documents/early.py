"""earliness.json: the confidence that early decisions need."""

from __future__ import annotations

from evenhand.base.storage.documents.shapes import Count, Document, Number


class ThresholdDocument(Document):
    """The threshold for decisions of one precision."""

    precision: float
    threshold: Number
    steps: list[Count]
