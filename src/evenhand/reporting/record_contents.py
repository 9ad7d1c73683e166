"""Read the contents of a record for the report; a missing file gives None, a damaged one is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from evenhand.base.storage.record import Record
from evenhand.base.values import Finding, Folds, Samples


@dataclass(frozen=True)
class Gaps:
    """What a report has to say about its record.

    Attributes
    ----------
    missing
        Files and folders that the run wrote and that are not there any more: what they hold is left out.
    damaged
        Predictions and codes of tasks that do not match their checksums: what the report shows of them was computed
        before.
    """

    missing: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class RecordContents:
    """The contents of one record.

    Attributes
    ----------
    scores, evaluation, skew, examination, ensemble, nested_evaluation, audit, ablation, neighbours, environment,
    data
        JSON documents as written, or None.
    balance
        The balance ledgers of the run; empty if not written.
    reading
        What reading did, a record for each counter; empty if not written.
    code_bits
        Bits of the codes of each model that has codes; empty if none has.
    samples, folds
        Values, or None.
    findings
        What the doctor found.
    epochs
        Columns model, fold, seed and the epoch log; empty if nothing was trained.
    asked, resolved
        The configuration as text, as written by the user and with all defaults.
    missing, damaged
        Those of `Gaps`.
    """

    record: Record
    scores: dict[str, Any] | None
    evaluation: dict[str, Any] | None
    skew: dict[str, Any] | None
    examination: dict[str, Any] | None
    ensemble: dict[str, Any] | None
    nested_evaluation: dict[str, Any] | None
    audit: dict[str, Any] | None
    ablation: dict[str, Any] | None
    neighbours: dict[str, Any] | None
    environment: dict[str, Any] | None
    data: dict[str, Any]
    balance: list[dict[str, Any]]
    reading: list[dict[str, Any]]
    code_bits: list[dict[str, Any]]
    samples: Samples | None
    folds: Folds | None
    findings: list[Finding]
    epochs: pd.DataFrame
    asked: str
    resolved: str
    missing: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()

    @property
    def over(self) -> str:
        """What intervals are taken over: "groups", "families" or "rows"."""
        if self.scores and "resampled" in self.scores:
            return str(self.scores["resampled"])
        skew = self.skew  # a record of an older version
        return "groups" if skew and skew["groups"] != skew["n"] else "rows"

    @property
    def test_from_elsewhere(self) -> bool:
        """Whether EH110 found that a predefined test, not one sampled from the same groups, looks different."""
        return any(f.code == "EH110" and not f.evidence.get("sampled", False) for f in self.findings)

    @property
    def settings(self) -> dict[str, Any]:
        """The resolved configuration as plain values; empty if not written."""
        return self.record.resolved() if self.resolved else {}


def read_evidence(record: Record, gaps: Gaps | None = None) -> RecordContents:
    """Return the contents of a record, with `gaps`, by default the files that its manifest misses.

    Raises
    ------
    RecordError
        If the folder is not a record, or a file in it is damaged.
    """
    record = Record.open(record.path)
    gaps = gaps or Gaps(tuple(name for name in record.missing() if name != "report.html"))

    def document(name: str) -> dict[str, Any] | None:
        return dict(record.json(name)) if record.has(name) else None

    def listed(name: str) -> list[dict[str, Any]]:
        return list(record.json(name)) if record.has(name) else []

    data: dict[str, Any] = record.data() if record.has("data.json") else {}
    # A record without them, of a run that stopped early or was trimmed, still has a report of the rest. Damaged
    # ones are named, as any other file: a report without them would look like that of another run.
    samples = record.samples() if record.has("samples.parquet") else None
    folds = record.folds() if samples is not None and record.has("folds.csv") and record.has("folds.json") else None
    return RecordContents(
        record=record,
        scores=document("scores.json"),
        evaluation=document("evaluation.json"),
        skew=document("skew.json"),
        examination=document("examination.json"),
        ensemble=document("ensemble.json"),
        nested_evaluation=document("nested_evaluation.json"),
        audit=document("audit.json"),
        ablation=document("ablation.json"),
        neighbours=document("neighbours.json"),
        environment=document("environment.json"),
        data=data,
        balance=listed("balance.json"),
        reading=listed("reading.json"),
        code_bits=listed("code_bits.json"),
        samples=samples,
        folds=folds,
        findings=record.findings() if record.has("findings.jsonl") else [],
        epochs=record.epochs(),
        asked=_text(record, "config.toml"),
        resolved=_text(record, "resolved.toml"),
        missing=gaps.missing,
        damaged=gaps.damaged,
    )


def _text(record: Record, name: str) -> str:
    return record.text(name) if record.has(name) else ""
