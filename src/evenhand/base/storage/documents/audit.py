"""audit.json, and the audit within evaluation.json: parts held out, groups, calibration, refitted models."""

from __future__ import annotations

from pydantic import Field

from evenhand.base.storage.documents.shapes import BinDocument, Count, Document, FigureDocument, Number


class HoldoutDocument(Document):
    """A figure over many held-out parts."""

    description: str
    draws: Count
    median: Number
    quantile: Number
    lowest: Number
    floor: Number
    below: Count


class PartDocument(Document):
    """The accuracy of a group, or of a part by a column."""

    name: str
    n: Count
    accuracy: Number
    low: Number
    high: Number
    expected: Number
    verdict: str


class SliceDocument(Document):
    """The parts by one column."""

    column: str
    parts: list[PartDocument]
    parts_total: Count
    parts_by_verdict: dict[str, Count]


class CalibrationFigures(Document):
    """What calibration changes."""

    log_loss: FigureDocument
    calibration_error: FigureDocument


class CalibrationDocument(Document):
    """Calibration by one method, "" for the probabilities as they are."""

    method: str
    figures: CalibrationFigures
    reliability: list[BinDocument]


class CoveredDocument(Document):
    """Coverage of conformal sets."""

    met: FigureDocument
    size: Number


class ConformalDocument(Document):
    """Conformal sets by one unit."""

    by: str
    asked: Number
    overall: CoveredDocument
    parts_total: Count
    missed: Count


class RefittedDocument(Document):
    """A model before and after refitting."""

    name: str
    what: str
    before: FigureDocument
    after: FigureDocument


class RefitDocument(Document):
    """Models refitted without the evaluated groups."""

    metric: str
    summary: str
    seen: list[str]
    rows: list[RefittedDocument]


class AuditDocument(Document):
    """The audit of one figure of one model."""

    model: str
    metric: str
    figure: FigureDocument
    quantile: Number
    holdouts: list[HoldoutDocument]
    groups: list[PartDocument]
    groups_total: Count
    groups_by_verdict: dict[str, Count]
    slices: list[SliceDocument] = Field([])
    calibration: list[CalibrationDocument] = Field([])
    conformal: list[ConformalDocument] = Field([])
    refit: RefitDocument | None = None
