"""evaluation.json: confusions, figures per class, the worst errors and calibration of the best entry."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from evenhand.base.storage.documents.audit import AuditDocument
from evenhand.base.storage.documents.shapes import BinDocument, Count, Document, FigureDocument


class ClassFigures(Document):
    """The figures of a class."""

    name: Annotated[str, Field(alias="class")]
    n: Count
    groups: Count
    predicted: Count
    precision: FigureDocument
    recall: FigureDocument
    f1: FigureDocument
    # where a row may have several
    average_precision: Annotated[FigureDocument, Field(default=None)]
    share: float = 0.0


class ThreeFigures(Document):
    """The figures of a class with or without some rows."""

    precision: FigureDocument
    recall: FigureDocument
    f1: FigureDocument


class DominantGroup(Document):
    """A class with more than half of its rows in one group."""

    name: Annotated[str, Field(alias="class")]
    group: str
    share: float
    with_it: Annotated[ThreeFigures | None, Field(alias="with")]
    without: ThreeFigures | None


class PairDocument(Document):
    """A class predicted as another."""

    truth: str
    predicted: str
    count: Count
    share: float
    ids: list[str]


class WrongRow(Document):
    """A confident mistake."""

    id: str
    truth: str
    predicted: str
    confidence: float


class EntryDocument(Document):
    """The predictions of a model or blend for a set of rows."""

    name: str
    set: str
    n: Count
    groups: Count
    confusion: list[list[Count]] = Field([])
    per_class: list[ClassFigures] = Field([])
    heaviest: list[DominantGroup] = Field([])
    pairs: list[PairDocument] = Field([])
    confidently_wrong: list[WrongRow] = Field([])
    reliability: list[BinDocument] = Field([])


class EvaluationDocument(Document):
    """Entries with the classes of their confusions, and the audit of the best."""

    classes: list[str]
    headline: str | None = None
    entries: list[EntryDocument]
    audit: AuditDocument | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> EvaluationDocument:
        k = len(self.classes)
        for entry in self.entries:
            table = entry.confusion
            if table and (len(table) != k or any(len(row) != k for row in table)):
                raise ValueError(f"The confusions of {entry.set} are not {k} by {k}, as there are classes")
            if len({"average_precision" in row.model_fields_set for row in entry.per_class}) > 1:
                raise ValueError(f"Only some classes of {entry.set} have an average precision")
        return self
