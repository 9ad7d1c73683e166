"""Parts that several documents of a record have in common."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Count = Annotated[int, Field(ge=0, le=2**53)]
"""A number of rows, groups or epochs."""
Number = float | None
"""A figure, None where it is not defined."""


class Document(BaseModel):
    """A JSON object of a record; keys that a newer version added are let through."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)


class FigureDocument(Document):
    """A figure with its interval."""

    estimate: Number
    low: Number
    high: Number
    n: Count
    groups: Count


class VerdictDocument(Document):
    """The verdict of a comparison."""

    verdict: str
    a: str
    b: str
    metric: str
    difference: FigureDocument
    smallest_detectable: Number
    summary: str


class BinDocument(Document):
    """A bin of a reliability curve."""

    confidence: Number
    accuracy: Number
    n: Count


def _settings(patch: dict[str, Any]) -> dict[str, Any]:
    """Return a patch whose values a configuration can hold: all but null."""
    below: list[Any] = list(patch.values())
    while below:
        value = below.pop()
        if value is None:
            raise ValueError("A setting cannot be null")
        below += value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return patch


Patch = Annotated[dict[str, Any], AfterValidator(_settings)]
"""Dotted key -> value of a configuration."""


class FindingDocument(Document):
    """A finding of the doctor."""

    code: Annotated[str, Field(pattern=r"^[A-Z]{2}\d{3}$")]
    severity: Literal["error", "warning", "note"]
    message: str
    about: str = ""
    evidence: dict[str, Any] = Field({})
    ids: list[str] = Field([])
    patch: Patch | None = None
