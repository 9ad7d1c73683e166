"""Findings: results of rules, with their evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evenhand.base.values.types import Severity


@dataclass(frozen=True)
class Finding:
    """One result of a rule, with its evidence.

    Attributes
    ----------
    code
        "EH104".
    severity
        "error", "warning" or "note".
    message
        One sentence with the numbers.
    about
        What it is about: a class, a model, a file, a column ("" for the whole).
    evidence
        Numbers by name.
    ids
        The rows concerned.
    patch
        Dotted key -> value that would fix it in the configuration, or None.
    """

    code: str
    severity: Severity
    message: str
    about: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    ids: tuple[str, ...] = ()
    patch: Mapping[str, Any] | None = None

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "about": self.about,
            "evidence": dict(self.evidence),
            "ids": list(self.ids),
            "patch": None if self.patch is None else dict(self.patch),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Finding:
        """Return the finding written by `document`."""
        return cls(**{**document, "ids": tuple(document.get("ids", ()))})
