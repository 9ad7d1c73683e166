"""scores.json: every figure of a run."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from evenhand.base.storage.documents.shapes import Count, Document, FigureDocument, FindingDocument, Number
from evenhand.base.storage.documents.tasks import UsageDocument

Pair = Annotated[list[float], Field(min_length=2, max_length=2)]


class HeadlineDocument(Document):
    """The best model or blend, and its figure."""

    best: str | None = None
    metric: str | None = None
    of: Count = 0
    as_chosen: Annotated[FigureDocument, Field(default=None)]
    estimate: Number = None
    low: Number = None
    high: Number = None


class ScoresDocument(Document):
    """Model -> set -> metric -> figure, with the headline and the findings."""

    headline: HeadlineDocument | None = None
    resampled: str = "rows"
    scores: dict[str, dict[str, dict[str, FigureDocument]]] | None = None
    learning: dict[str, dict[str, Pair]] = Field({})
    heaviest: dict[str, dict[str, list[dict[str, object]]]] = Field({})
    absent: dict[str, list[str]] = Field({})
    findings: list[FindingDocument] = Field([])
    seconds: dict[str, float] = Field({})
    usage: dict[str, UsageDocument] = Field({})
