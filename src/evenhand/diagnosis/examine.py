"""Examining a case: every rule that has what it needs looks at it; causes come before symptoms."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence

from evenhand.base.errors import EvenhandError, unknown
from evenhand.base.values import Finding, Severity
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.examination import SEVERITIES, Examination
from evenhand.diagnosis.rule import RULES, Rule

FIRST = ("EH201", "EH202")
"""Rules whose errors stand first: what they tell of spoils every training."""


def examine(
    case: Evidence, codes: Iterable[str] | None = None, severities: Mapping[str, Severity] | None = None
) -> Examination:
    """Return what the rules find in a case.

    Parameters
    ----------
    case
        The evidence.
    codes
        Codes of the rules to use, or beginnings of codes ("EH1": the rules about data); None for all.
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
        absent = rule.missing(case)
        if absent:
            missing[rule.code] = ", ".join(absent)
            continue
        try:
            findings[rule.code] = rule.findings(case, overrides.get(rule.code))
        except Exception as error:  # a broken rule, often somebody else's, must not silence the others
            broken[rule.code] = f"{type(error).__name__}: {error}"
    causes = _fired_causes(rules, {code for code, found in findings.items() if found})
    return Examination(
        findings=tuple(ordered([f for found in findings.values() for f in found], causes)),
        passed=tuple(code for code, found in findings.items() if not found),
        not_applicable=missing,
        broken=broken,
        causes=causes,
    )


def chosen(codes: Iterable[str] | None) -> list[Rule]:
    """Return the rules whose codes are, or begin with, one of `codes`; all for None."""
    names = RULES.names()
    if codes is None:
        return [RULES.get(name) for name in names]
    wanted = [codes] if isinstance(codes, str) else list(codes)
    for code in wanted:
        if not any(name.startswith(code) for name in names):
            raise EvenhandError(unknown("rule", code, names))
    return [RULES.get(name) for name in names if name.startswith(tuple(wanted))]


def ordered(findings: Sequence[Finding], causes: Mapping[str, Sequence[str]]) -> list[Finding]:
    """Return findings worst first (those of `FIRST` before all), but none before a finding that causes it.

    Kahn's topological sort over codes with a heap: of the codes whose causes are all out, the worst is next.
    """
    of: dict[str, list[Finding]] = {}
    for finding in sorted(findings, key=lambda f: SEVERITIES.index(f.severity)):
        of.setdefault(finding.code, []).append(finding)
    waiting = {code: {c for c in causes.get(code, ()) if c in of and c != code} for code in of}
    out: list[Finding] = []
    ready = [_rank(of[code]) for code, open_causes in waiting.items() if not open_causes]
    heapq.heapify(ready)
    while ready or waiting:
        # Rules that name each other as causes would wait for ever: take the worst of them.
        code = heapq.heappop(ready)[1] if ready else min(_rank(of[c]) for c in waiting)[1]
        if waiting.pop(code, None) is None:
            continue
        out.extend(of[code])
        for other, open_causes in waiting.items():
            if code in open_causes:
                open_causes.discard(code)
                if not open_causes:
                    heapq.heappush(ready, _rank(of[other]))
    return out


def _rank(findings: Sequence[Finding]) -> tuple[int, str]:
    worst = min(SEVERITIES.index(f.severity) for f in findings)
    return -1 if worst == 0 and findings[0].code in FIRST else worst, findings[0].code


def _fired_causes(rules: Sequence[Rule], fired: set[str]) -> dict[str, tuple[str, ...]]:
    causes = {r.code: tuple(c for c in r.after if c in fired) for r in rules if r.code in fired}
    return {code: found for code, found in causes.items() if found}


def _checked(severities: Mapping[str, Severity]) -> Mapping[str, Severity]:
    for code, severity in severities.items():
        if code not in RULES:
            raise EvenhandError(unknown("rule", code, RULES.names()))
        if severity not in SEVERITIES:
            raise EvenhandError(unknown("severity", severity, SEVERITIES))
    return severities
