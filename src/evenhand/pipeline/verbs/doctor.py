"""`doctor`: what the doctor says of a run that was made, from its record alone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evenhand.balance.prior.balance_ledger import BalanceLedger
from evenhand.base.errors import EvenhandError
from evenhand.base.storage.record import Record
from evenhand.base.values import Finding
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.evidence.training_history import courses_of
from evenhand.diagnosis.examination import Examination
from evenhand.diagnosis.examine import examine as look
from evenhand.diagnosis.examine import ordered
from evenhand.diagnosis.rule import RULES
from evenhand.pipeline.verbs.balance_ledger import ledgers
from evenhand.settings.load import load

TRAINING = ("EH206", "EH207", "EH3")
"""Rules that look at the epochs of a training: codes, or beginnings of codes."""


def doctor(record: str | Path | Record) -> Examination:
    """Return what was found in a run: about its data, its balance and its trainings.

    What was found while it ran is read from the record; the rules about training look at its epochs again. A record
    from elsewhere will do: nothing of it is run, and neither data nor weights are needed.

    Raises
    ------
    RecordError
        If the folder is no record.
    """
    opened = record if isinstance(record, Record) else Record.open(record)
    seen = trained(opened)
    known = {(finding.code, finding.about) for finding in seen.findings}
    earlier = [f for f in opened.findings() if (f.code, f.about) not in known]
    every = [*earlier, *seen.findings]
    causes = fired_causes(every)
    document = opened.json("examination.json") if opened.has("examination.json") else {}
    fired = {finding.code for finding in every}
    passed = [code for code in (*document.get("passed", ()), *seen.passed) if code not in fired]
    missing = {**document.get("not_applicable", {}), **seen.not_applicable}
    return Examination(
        findings=tuple(ordered(every, causes)),
        passed=tuple(dict.fromkeys(passed)),
        not_applicable={code: why for code, why in missing.items() if code not in passed},
        broken={**document.get("broken", {}), **seen.broken},
        causes=causes,
    )


def write_examination(record: Record) -> None:
    """Write what was found into the record again, with what its trainings show."""
    found = doctor(record)
    record.write_findings(found.findings)
    record.write_json("examination.json", found.document())


def trained(record: Record) -> Examination:
    """Return what the rules about training find in the epochs of a record, and what was cried while it ran."""
    case = Evidence(
        samples=record.samples(),
        config=record.resolved(),
        courses=courses_of(record) or None,
        ledgers=_ledgers(record),
    )
    found = look(case, TRAINING)
    return replace(found, findings=(*found.findings, *_cried(record, found.findings)))


def fired_causes(findings: Sequence[Finding]) -> dict[str, tuple[str, ...]]:
    """Return for each code that was found the codes that were found too and may be its cause."""
    fired = {finding.code for finding in findings}
    rules = {code: RULES.get(code) for code in fired if code in RULES}
    causes = {code: tuple(c for c in rule.after if c in fired) for code, rule in rules.items()}
    return {code: after for code, after in causes.items() if after}


def _ledgers(record: Record) -> tuple[BalanceLedger, ...] | None:
    """Return what a run did about skew; None where it did not come to folds, or its kind is not known here."""
    with contextlib.suppress(EvenhandError):
        return ledgers(load(record.resolved()), record.samples(), record.folds())
    return None


def _cried(record: Record, standing: Iterable[Finding]) -> list[Finding]:
    """Return the alarms of trainings that are over: raised while they ran, no longer there at the end."""
    known = {(finding.code, finding.about) for finding in standing}
    out: dict[tuple[str, str], Finding] = {}
    for path in sorted((record.path / "models").glob("*/fold*/seed*/task.json")):
        for alarm in record.json(str(path.relative_to(record.path))).get("alarms", ()):
            key = (alarm["code"], alarm["about"])
            if key not in known and key not in out:
                out[key] = _finding(alarm)
    return list(out.values())


def _finding(alarm: dict[str, Any]) -> Finding:
    says = f"{alarm['says']} (In epoch {alarm['epoch']}. {alarm['did']})"
    return Finding(alarm["code"], alarm["severity"], says, alarm["about"], alarm["evidence"], (), alarm["patch"])
