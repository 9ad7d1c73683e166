"""skew.json, balance.json, examination.json and reading.json: what was found before anything was trained."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from evenhand.base.storage.documents.shapes import Count, Document, FindingDocument, Number


class ClassRows(Document):
    """A class and its rows."""

    name: Annotated[str, Field(alias="class")]
    rows: float
    share: float
    groups: Count


class SkewDocument(Document):
    """How unevenly rows are spread over classes and groups."""

    n: Count
    unlabelled: Count
    ratio: Number
    effective_classes: Number
    groups: Count
    classes: list[ClassRows]


class LedgerClass(Document):
    """A class in the ledger of balance."""

    name: Annotated[str, Field(alias="class")]
    rows: float
    natural: float
    batch: Number
    weight: Number
    effective: float
    recurrence: Number


class LedgerDocument(Document):
    """What sampler, weights and loss of some models amount to."""

    models: list[str]
    classes: list[LedgerClass]
    key: str = ""
    title: str = ""
    chosen: str = ""
    remarks: list[str] = Field([])
    output_prior: dict[str, float] = Field({})

    @model_validator(mode="after")
    def _prior_of_each(self) -> LedgerDocument:
        lacking = [one.name for one in self.classes if one.name not in self.output_prior]
        if self.output_prior and lacking:
            raise ValueError(f"The prior of the output lacks {lacking[0]}")
        return self


class ExaminationDocument(Document):
    """Which rules found something, passed, or could not check."""

    findings: list[FindingDocument]
    passed: list[str]
    not_applicable: dict[str, str]
    broken: dict[str, str] = Field({})
    causes: dict[str, str | list[str]] = Field({})


class ReadingDocument(Document):
    """What reading did to some rows."""

    name: str
    role: str
    description: str
    key: str | None
    setting: object
    rows: Count
    n: Count
    total: Count

    @model_validator(mode="after")
    def _some_of_all(self) -> ReadingDocument:
        if self.rows > self.n:
            raise ValueError(f"It acted on {self.rows} rows of {self.n}")
        return self
