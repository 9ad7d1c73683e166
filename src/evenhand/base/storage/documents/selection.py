"""nested_evaluation.json, ensemble.json and ablation.json: how models, blends and changes compare."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from evenhand.base.storage.documents.shapes import Count, Document, FigureDocument, Number, VerdictDocument


class StepDocument(Document):
    """A model or blend, evaluated on the rows it was fitted on and on others."""

    name: str
    blend: bool
    naive: FigureDocument
    nested: FigureDocument
    optimism: Number
    reliable: bool


class BestDocument(Document):
    """The best step, corrected for its selection."""

    name: str
    of: Count
    corrected: FigureDocument
    summary: str


class GapDocument(Document):
    """A model that lacks rows."""

    model: str
    lacking: Count


class NestedDocument(Document):
    """The selection report."""

    metric: str
    rows: list[StepDocument]
    best: BestDocument
    verdicts: list[VerdictDocument] = Field([])
    gaps: list[GapDocument] = Field([])


class ExpertDocument(Document):
    """An expert for two classes."""

    pair: list[str]
    gate: Number
    applied: Count
    changed: Count
    right_before: Count
    right_after: Count


class BlendDocument(Document):
    """A blend, with its weights if it has any."""

    models: list[str]
    weights: list[float] | None = None
    class_weights: list[list[float]] | None = None
    pairs: list[ExpertDocument] | None = None


class AblationRowDocument(Document):
    """A change, and what came out."""

    name: str
    set: dict[str, Any]
    expect: str
    state: Literal["done", "failed", "planned"]
    record: str | None
    error: str
    figures: dict[str, FigureDocument]
    verdicts: list[VerdictDocument]
    conditions: list[str]


class CauseDocument(Document):
    """The effect of a change, alone and given the others."""

    name: str
    metric: str
    alone: VerdictDocument | None
    given_others: VerdictDocument | None


class AblationDocument(Document):
    """An ablation of which the record is the base."""

    name: str
    model: str
    metrics: list[str]
    n: Count | None
    groups: Count | None
    rows: list[AblationRowDocument]
    causes: list[CauseDocument] = Field([])
