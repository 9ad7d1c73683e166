"""The result of running rules: findings, and the rules that passed, did not apply or failed."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evenhand.base.values import Finding, Severity

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""From worst to mildest."""


@dataclass(frozen=True)
class Examination:
    """The result of `examine`.

    Attributes
    ----------
    findings
        Worst first, causes before their symptoms.
    passed
        Codes of rules that ran and found nothing.
    not_applicable
        Code -> the inputs that are missing.
    broken
        Code -> the error of a rule that raised one; its result is not known.
    causes
        Code that fired -> other codes that fired and may be its cause.
    """

    findings: tuple[Finding, ...] = ()
    passed: tuple[str, ...] = ()
    not_applicable: Mapping[str, str] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)
    causes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """Findings per severity."""
        seen = Counter(finding.severity for finding in self.findings)
        return {severity: seen[severity] for severity in SEVERITIES}

    @property
    def worst(self) -> Severity | None:
        """The worst severity found, or None."""
        return next((severity for severity in SEVERITIES if self.counts[severity]), None)

    def of(self, code: str) -> tuple[Finding, ...]:
        """Return the findings of one rule."""
        return tuple(finding for finding in self.findings if finding.code == code)

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {
            "findings": [finding.document() for finding in self.findings],
            "passed": list(self.passed),
            "not_applicable": dict(self.not_applicable),
            "broken": dict(self.broken),
            "causes": {code: list(causes) for code, causes in self.causes.items()},
        }

    def __repr__(self) -> str:
        counts = ", ".join(f"{n} {severity}{'s' * (n != 1)}" for severity, n in self.counts.items())
        return f"Examination({counts}; {len(self.passed)} passed, {len(self.not_applicable)} not applicable)"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{html.escape(f.code)}</td><td>{f.severity}</td><td>{html.escape(f.message)}</td></tr>"
            for f in self.findings
        )
        head = "<tr><th>code</th><th>severity</th><th>finding</th></tr>"
        return f"<p>{html.escape(repr(self))}</p><table>{head}{rows}</table>"
