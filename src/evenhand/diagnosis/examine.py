"""Run every rule whose inputs are there, and order the findings: causes before symptoms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from evenhand.base.errors import EvenhandError, unknown
from evenhand.base.values import Finding, Severity
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.examination import SEVERITIES, Examination
from evenhand.diagnosis.rule import RULES, Rule

FIRST = ("EH201", "EH202")
"""Rules whose errors come first: what they report spoils every training run."""


def examine(
    evidence: Evidence, codes: Iterable[str] | None = None, severities: Mapping[str, Severity] | None = None
) -> Examination:
    """Return what the rules find in the evidence.

    Parameters
    ----------
    evidence
        The evidence.
    codes
        Codes of the rules to run, or prefixes of codes ("EH1": the rules about data); None for all.
    severities
        Code -> severity of its findings, where it should differ from the rule's.

    Raises
    ------
    EvenhandError
        If a code or a severity is not known.
    """
    overrides = _checked(severities or {})
    findings: dict[str, list[Finding]] = {}
    missing: dict[str, str] = {}
    broken: dict[str, str] = {}
    rules = chosen(codes)
    for rule in rules:
        absent = rule.missing(evidence)
        if absent:
            missing[rule.code] = ", ".join(absent)
            continue
        try:
            findings[rule.code] = rule.findings(evidence, overrides.get(rule.code))
        except Exception as error:  # a broken rule, often somebody else's, must not silence the others
            broken[rule.code] = f"{type(error).__name__}: {error}"
    fired = [finding for found in findings.values() for finding in found]
    causes = fired_causes(fired)
    return Examination(
        findings=tuple(ordered(fired, causes)),
        passed=tuple(code for code, found in findings.items() if not found),
        not_applicable=missing,
        broken=broken,
        causes=causes,
    )


def chosen(codes: Iterable[str] | None) -> list[Rule]:
    """Return the rules whose code starts with one of `codes`; all for None."""
    names = RULES.names()
    if codes is None:
        return [RULES.get(name) for name in names]
    wanted = [codes] if isinstance(codes, str) else list(codes)
    for code in wanted:
        if not any(name.startswith(code) for name in names):
            raise EvenhandError(unknown("rule", code, names))
    return [RULES.get(name) for name in names if name.startswith(tuple(wanted))]


def ordered(findings: Sequence[Finding], causes: Mapping[str, Sequence[str]]) -> list[Finding]:
    """Return findings worst first (those of `FIRST` before all), but none before a finding that causes it."""
    waiting: dict[str, list[Finding]] = {}
    for finding in sorted(findings, key=lambda f: SEVERITIES.index(f.severity)):
        waiting.setdefault(finding.code, []).append(finding)
    out: list[Finding] = []
    # Not graphlib: its sorter raises on a cycle, and rules of other packages may name each other as causes. Where
    # no code is free of open causes, the worst of them goes first.
    while waiting:
        free = [code for code in waiting if not any(c in waiting and c != code for c in causes.get(code, ()))]
        _, code = min(_rank(waiting[code]) for code in free or waiting)
        out.extend(waiting.pop(code))
    return out


def _rank(findings: Sequence[Finding]) -> tuple[int, str]:
    worst = min(SEVERITIES.index(f.severity) for f in findings)
    return -1 if worst == 0 and findings[0].code in FIRST else worst, findings[0].code


def fired_causes(findings: Sequence[Finding]) -> dict[str, tuple[str, ...]]:
    """Return code -> codes of possible causes, among the codes of the findings."""
    fired = {finding.code for finding in findings}
    # Not every code is a rule: reading has findings of its own, and a record may name rules not installed here.
    causes = {
        code: tuple(c for c in RULES.get(code).after if c in fired) for code in sorted(fired) if code in RULES
    }
    return {code: found for code, found in causes.items() if found}


def _checked(severities: Mapping[str, Severity]) -> Mapping[str, Severity]:
    for code, severity in severities.items():
        if code not in RULES:
            raise EvenhandError(unknown("rule", code, RULES.names()))
        if severity not in SEVERITIES:
            raise EvenhandError(unknown("severity", severity, SEVERITIES))
    return severities
