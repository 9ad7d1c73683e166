"""What the record holds, read for the report; a file that is not there gives None, never an error."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evenhand.base.errors import RecordError
from evenhand.base.storage.record import Record
from evenhand.base.values import Finding, Folds, Samples


@dataclass(frozen=True, eq=False)
class Evidence:
    """The files of one record.

    Attributes
    ----------
    scores, evaluation, skew, examination, ensemble, worth, audit, environment, data
        JSON documents as they were written, or None.
    balance
        The ledgers of the run; none where it was not written.
    samples, folds
        Values, or None.
    findings
        What the doctor found.
    epochs
        Columns model, fold, seed and what training wrote per epoch; empty where nothing was trained.
    asked, resolved
        The configuration as text, as the user wrote it and with every default.
    """

    record: Record
    scores: dict[str, Any] | None
    evaluation: dict[str, Any] | None
    skew: dict[str, Any] | None
    examination: dict[str, Any] | None
    ensemble: dict[str, Any] | None
    worth: dict[str, Any] | None
    audit: dict[str, Any] | None
    environment: dict[str, Any] | None
    data: dict[str, Any]
    balance: list[dict[str, Any]]
    samples: Samples | None
    folds: Folds | None
    findings: list[Finding]
    epochs: pd.DataFrame
    asked: str
    resolved: str

    @property
    def test_from_elsewhere(self) -> bool:
        """Whether EH110 says that a test that was given, not drawn from the same groups, looks different."""
        return any(f.code == "EH110" and not f.evidence.get("drawn", False) for f in self.findings)

    @property
    def settings(self) -> dict[str, Any]:
        """The resolved configuration as plain values; empty where it was not written."""
        return self.record.resolved() if self.resolved else {}


def read_evidence(record: Record) -> Evidence:
    """Return what a record holds.

    Raises
    ------
    RecordError
        Only if the folder is not a record at all.
    """
    record = Record.open(record.path)

    def document(name: str) -> dict[str, Any] | None:
        return dict(record.json(name)) if record.has(name) else None

    data: dict[str, Any] = record.data() if record.has("data.json") else {}
    samples, folds = None, None
    with contextlib.suppress(RecordError):
        samples = record.samples()
    with contextlib.suppress(RecordError):
        folds = record.folds()
    return Evidence(
        record=record,
        scores=document("scores.json"),
        evaluation=document("evaluation.json"),
        skew=document("skew.json"),
        examination=document("examination.json"),
        ensemble=document("ensemble.json"),
        worth=document("worth.json"),
        audit=document("audit.json"),
        environment=document("environment.json"),
        data=data,
        balance=list(record.json("balance.json")) if record.has("balance.json") else [],
        samples=samples,
        folds=folds,
        findings=record.findings(),
        epochs=record.epochs(),
        asked=_text(record, "config.toml"),
        resolved=_text(record, "resolved.toml"),
    )


def _text(record: Record, name: str) -> str:
    return (record.path / name).read_text(encoding="utf-8") if record.has(name) else ""
