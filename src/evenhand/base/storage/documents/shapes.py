"""Parts that several documents of a record have in common."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Count = Annotated[int, Field(ge=0, le=2**53)]
"""A number of rows, groups or epochs."""
Number = float | None
"""A figure, None where it is not defined."""


class Document(BaseModel):
    """A JSON object of a record; keys that a newer version added are let through."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)


class FigureDocument(Document):
    """A figure with its interval."""

    estimate: Number = None
    low: Number = None
    high: Number = None
    n: Count | None = None
    groups: Count | None = None


class FindingDocument(Document):
    """A finding of the doctor."""

    code: Annotated[str, Field(pattern=r"^[A-Z]{2}\d{3}$")]
    severity: Literal["error", "warning", "note"]
    message: str
    about: str = ""
    evidence: dict[str, Any] = Field({})
    ids: list[str] = Field([])
    patch: dict[str, Any] | None = None
