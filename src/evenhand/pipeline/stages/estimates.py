"""Findings about the estimates of a run, added to those about its data, and the log of its locked test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from evenhand.base.errors import RecordError
from evenhand.base.storage.files.atomic import frame_csv
from evenhand.base.storage.manifest import recording
from evenhand.base.storage.record import Record, records
from evenhand.base.values import TEST, Finding, Folds, Predictions
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.examination import Examination
from evenhand.diagnosis.examine import examine, ordered
from evenhand.evaluation.figures.confident_learning import most_accurate, suspected_labels
from evenhand.settings.load import Settings

OF_ESTIMATES = ("EH4", "EH109")
"""Prefixes of the codes of rules that check predictions."""
SUSPECTS = "suspected_labels.csv"
OPENED = "test_opened.json"


def estimate_findings(
    record: Record, settings: Settings, predictions: Sequence[Predictions], **more: Any
) -> list[Finding]:
    """Check the estimates of a run, add the findings to its record and return all of its findings.

    Parameters
    ----------
    predictions
        Out-of-fold predictions of every model and blend.
    more
        Further fields of `evenhand.diagnosis.evidence.evidence.Evidence`, such as `nested`.
    """
    folds = record.folds()
    evidence = Evidence(
        samples=record.samples(),
        folds=folds,
        config=settings.plain(),
        predictions=tuple(predictions),
        openings=openings_of_test(record, folds),
        **more,
    )
    found = examine(evidence, [*OF_ESTIMATES])
    write_suspects(record, predictions)
    # A run resumed after it was examined once must not list its findings twice.
    before = [finding for finding in record.findings() if not finding.code.startswith(OF_ESTIMATES)]
    every = ordered([*before, *found.findings], found.causes)
    record.write_findings(every)
    if record.has("examination.json"):
        record.write_json("examination.json", _merged_document(record.json("examination.json"), found))
    return every


def _merged_document(before: Mapping[str, Any], found: Examination) -> dict[str, Any]:
    """Return the document of the first examination, with its part about estimates replaced."""
    after = found.document()
    kept = [finding for finding in before["findings"] if not finding["code"].startswith(OF_ESTIMATES)]
    passed = [code for code in before["passed"] if not code.startswith(OF_ESTIMATES)]
    maps = {
        name: {c: words for c, words in before[name].items() if not c.startswith(OF_ESTIMATES)} | after[name]
        for name in ("not_applicable", "broken", "causes")
    }
    return {"findings": kept + after["findings"], "passed": passed + after["passed"], **maps}


def write_suspects(record: Record, predictions: Sequence[Predictions]) -> None:
    """Write the labels that the most accurate model or blend contradicts; nothing for multi-label rows."""
    best = most_accurate(predictions)
    if best is not None:
        with recording(record.path, SUSPECTS) as part:
            frame_csv(suspected_labels(best), part)


def record_test_opening(record: Record) -> None:
    """Record that the locked test was evaluated now."""
    # A run that was killed before it wrote its scores has shown them to nobody: its entry is dropped on resume.
    reported = record.finished and record.has(OPENED)
    before = record.json(OPENED) if reported else []
    record.write_json(OPENED, [*before, datetime.now(UTC).isoformat(timespec="seconds")])


def openings_of_test(record: Record, folds: Folds) -> tuple[str, ...] | None:
    """Return when the same locked rows were evaluated, by this run and its neighbours; None without locked rows."""
    locked = frozenset(folds.ids[folds.fold == TEST])
    if not locked:
        return None
    times: list[str] = []
    for other in records(record.path.parent):
        try:
            if other.has(OPENED) and (other.path == record.path or _locks_same_rows(other, locked)):
                times += [str(time) for time in other.json(OPENED)]
        except (RecordError, KeyError, TypeError, ValueError):
            continue  # a damaged neighbour must not stop this run
    return tuple(sorted(times))


def _locks_same_rows(record: Record, locked: frozenset[str]) -> bool:
    """Return whether the locked test of a record has the same rows."""
    if not record.has("folds.csv") or not record.has("folds.json"):
        return False
    folds = record.folds()
    return frozenset(folds.ids[folds.fold == TEST]) == locked
