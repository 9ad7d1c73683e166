"""`doctor`: the findings about a run, from its record alone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from evenhand.balance.prior.balance_ledger import BalanceLedger
from evenhand.base.errors import EvenhandError
from evenhand.base.storage.record import Record
from evenhand.base.values import Finding, RowSet
from evenhand.curves.logs.read_log import is_log
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.evidence.held_out_codes import codes_of
from evenhand.diagnosis.evidence.training_history import histories_of
from evenhand.diagnosis.examination import Examination
from evenhand.diagnosis.examine import examine, fired_causes, ordered
from evenhand.pipeline.curves.learning_curves import examine_log, refuse_columns_of_runs
from evenhand.pipeline.references.floor import PREFIX
from evenhand.pipeline.verbs.balance_ledger import ledgers
from evenhand.settings.load import load

TRAINING = ("EH206", "EH207", "EH3")
"""Codes, or prefixes of codes, of the rules that check the epochs of a training."""


def doctor(record: str | Path | Record, *, columns: Mapping[str, str] = MappingProxyType({})) -> Examination:
    """Return the findings about a run: its data, its balance and its trainings; or about a log by another program.

    Findings about the data are read from the record; the rules about training are applied to its epochs again. The
    record may come from elsewhere: none of its content is executed, and neither data nor weights are needed. Of a
    foreign log, whose `columns` can be named (see `learning_curves`), the rules that read curves are applied.

    Raises
    ------
    RecordError, DataError
        If it is neither a record nor a log.
    """
    if not isinstance(record, Record) and is_log(Path(record)):
        return examine_log(record, columns)
    refuse_columns_of_runs(columns)
    run = Record.open(record)
    training = examine_training(run)
    known = {(finding.code, finding.about) for finding in training.findings}
    # Findings made anew replace those of the same rule and subject, which may be of an earlier state of the run.
    earlier = [f for f in run.findings() if (f.code, f.about) not in known]
    every = [*earlier, *training.findings]
    causes = fired_causes(every)
    document = run.json("examination.json") if run.wrote("examination.json") else {}
    fired = {finding.code for finding in every}
    passed = [code for code in (*document.get("passed", ()), *training.passed) if code not in fired]
    missing = {**document.get("not_applicable", {}), **training.not_applicable}
    return Examination(
        findings=tuple(ordered(every, causes)),
        passed=tuple(dict.fromkeys(passed)),
        not_applicable={code: why for code, why in missing.items() if code not in passed},
        broken={**document.get("broken", {}), **training.broken},
        causes=causes,
    )


def write_examination(record: Record) -> None:
    """Write the findings about the run into its record, those about its trainings included."""
    found = doctor(record)
    record.write_findings(found.findings)
    record.write_json("examination.json", found.document())


def examine_training(record: Record) -> Examination:
    """Return the findings about the epochs of a record, and the alerts raised during training."""
    evidence = Evidence(
        samples=record.samples(),
        config=record.resolved(),
        histories=histories_of(record) or None,
        codes=codes_of(record) or None,
        ledgers=_ledgers(record),
        floor=_floor(record),
    )
    found = examine(evidence, TRAINING)
    return replace(found, findings=(*found.findings, *_past_alerts(record, found.findings)))


def _ledgers(record: Record) -> tuple[BalanceLedger, ...] | None:
    """Return the ledgers of a run; None if it has no folds yet, or its kind is not installed here."""
    with contextlib.suppress(EvenhandError):
        return ledgers(load(record.resolved()), record.samples(), record.folds())
    return None


def _floor(record: Record) -> dict[str, float] | None:
    """Return metric -> what the floor of a run reaches out of fold; None where it has none."""
    if not record.finished:
        return None
    out: dict[str, float] = {}
    with contextlib.suppress(AttributeError, TypeError, ValueError):  # scores of another version
        for name, sets in record.json("scores.json").get("scores", {}).items():
            figures = sets.get(RowSet.OUT_OF_FOLD, {}) if name.startswith(PREFIX) else {}
            out |= {m: float(f["estimate"]) for m, f in figures.items() if f.get("estimate") is not None}
    return out or None


def _past_alerts(record: Record, standing: Iterable[Finding]) -> list[Finding]:
    """Return the alerts raised during training that are not among the findings at the end."""
    known = {(finding.code, finding.about) for finding in standing}
    out: dict[tuple[str, str], Finding] = {}
    for file in record.task_files("task.json"):
        for alert in record.json(str(file.path.relative_to(record.path))).get("alarms", ()):
            key = (alert["code"], alert["about"])
            if key not in known and key not in out:
                out[key] = _finding(alert)
    return list(out.values())


def _finding(alert: dict[str, Any]) -> Finding:
    message = f"{alert['message']} (In epoch {alert['epoch'] + 1}. {alert['action']})"
    return Finding(alert["code"], alert["severity"], message, alert["about"], alert["evidence"], (), alert["patch"])
