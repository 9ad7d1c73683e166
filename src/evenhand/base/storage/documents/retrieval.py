"""neighbours.json and code_bits.json: nearest rows, and the bits of codes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from evenhand.base.storage.documents.shapes import Count, Document, Number


class QueryDocument(Document):
    """A query; columns that its kind shows stand beside."""

    query: str
    path: str
    labels: str | None
    hit_share: Number


class NeighbourDocument(Document):
    """A row near a query."""

    query: str
    rank: Annotated[int, Field(ge=1)]
    id: str
    path: str | None
    labels: str | None
    similarity: float
    relevant: bool | None


class NeighboursDocument(Document):
    """Queries and their nearest rows."""

    model: str
    compared: str
    shown: list[str]
    queries: list[QueryDocument]
    rows: list[NeighbourDocument]
    notes: list[str]

    @model_validator(mode="after")
    def _columns(self) -> NeighboursDocument:
        for one in (*self.queries, *self.rows):
            for name in self.shown:
                if name not in (one.model_extra or {}) and name not in type(one).model_fields:
                    raise ValueError(f"A row lacks {name}, which is among the columns to show")
        return self


class CodedFit(Document):
    """The codes of one fit; a centroid has no bits that saturate or copy one another."""

    fold: Count
    seed: int
    n: Count
    constant: Count
    saturated: Count = 0
    copies: Count = 0
    mean_correlation: Number


class CodesDocument(Document):
    """The codes of one model."""

    model: str
    unit: Literal["bit", "part"]
    bits: Count
    place: str
    measures: dict[str, list[Number]]
    fits: list[CodedFit]

    @model_validator(mode="after")
    def _whole(self) -> CodesDocument:
        needed = {"saturated", "copies"}
        if self.unit == "bit" and any(not needed <= fit.model_fields_set for fit in self.fits):
            raise ValueError("A fit lacks its saturated bits and copies")
        return self
