"""skew.json, balance.json, examination.json and reading.json: what was found before anything was trained."""

from __future__ import annotations

from pydantic import Field

from evenhand.base.storage.documents.shapes import Count, Document, FindingDocument, Number


class ClassRows(Document):
    """A class and its rows."""

    rows: float
    groups: Count | None = None


class SkewDocument(Document):
    """How unevenly rows are spread over classes and groups."""

    n: Count
    groups: Count
    classes: list[ClassRows]


class LedgerClass(Document):
    """A class in the ledger of balance."""

    rows: float
    natural: float
    batch: Number = None
    weight: Number = None
    shift: Number = None
    effective: Number = None
    recurrence: Number = None


class LedgerDocument(Document):
    """What sampler, weights and loss of some models amount to."""

    models: list[str]
    classes: list[LedgerClass]
    key: str = ""
    title: str = ""
    chosen: str = ""


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
    rows: Count
