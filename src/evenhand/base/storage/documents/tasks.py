"""task.json: the result of one training."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from evenhand.base.storage.documents.shapes import Count, Document, Number, Patch


class AlertDocument(Document):
    """An alert of the monitor."""

    code: str
    severity: Literal["error", "warning", "note"]
    message: str
    about: str
    epoch: Count
    action: str
    evidence: dict[str, Any]
    patch: Patch | None


class PeakDocument(Document):
    """Highest memory of the device and of the process, bytes; null where it is not known."""

    device_bytes: Count | None = None
    host_bytes: Count | None = None


class UsageDocument(Document):
    """The device, and the highest memory."""

    device: str = ""
    peak_memory: PeakDocument = Field(PeakDocument())


class TaskDocument(UsageDocument):
    """Epochs, and epoch, stage, form and score of the weights that were kept."""

    epochs: Count
    stage: Count
    epoch: Count
    form: str = "plain"
    score: Number
    parts: dict[str, Number]
    correction: list[float] | None
    size: Count | None = None
    alarms: list[AlertDocument] = Field([])
