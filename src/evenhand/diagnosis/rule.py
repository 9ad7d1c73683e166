"""A rule: a function from the evidence to findings, with a code, a severity and what it needs."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evenhand.base.errors import EvenhandError
from evenhand.base.registry import Registry
from evenhand.base.values import Finding, Severity
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.requirements import NEEDS

Check = Callable[[Evidence], Iterator["Found"]]


@dataclass(frozen=True)
class Found:
    """What a check yields: a finding without its code.

    Attributes
    ----------
    message, about, evidence, ids, patch
        As in `evenhand.base.values.Finding`.
    severity
        Overrides the severity of the rule.
    """

    message: str
    about: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    ids: Iterable[str] = ()
    patch: Mapping[str, Any] | None = None
    severity: Severity | None = None


@dataclass(frozen=True, eq=False)
class Rule:
    """One rule of the doctor.

    Attributes
    ----------
    code
        "EH" and three digits; the first one names the family (1 data, 2 balance, 3 training, 4 estimates).
    slug
        Its name, as in the file name and the address of its page.
    severity
        Of its findings, unless one overrides it.
    check
        The function; its docstring is the rule's page, its keyword defaults are the thresholds.
    needs
        What the evidence must hold (names of `evenhand.diagnosis.requirements.NEEDS`).
    after
        Codes of possible causes; their findings come first where both fire.
    """

    code: str
    slug: str
    severity: Severity
    check: Check
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"EH\d{3}", self.code):
            raise EvenhandError(f'The code of a rule is EH and three digits, not "{self.code}".')
        unknown = [name for name in self.needs if name not in NEEDS]
        if unknown:
            raise EvenhandError(f"{self.code} needs {unknown[0]!r}; known are: {', '.join(NEEDS)}.")
        # The registry distinguishes two rules of one code by the module they come from.
        object.__setattr__(self, "__module__", self.check.__module__)

    @property
    def thresholds(self) -> dict[str, Any]:
        """The keyword defaults of the check."""
        parameters = inspect.signature(self.check).parameters.values()
        return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}

    def missing(self, evidence: Evidence) -> list[str]:
        """Return the requirements that the evidence does not meet, as phrases."""
        return [NEEDS[name].words for name in self.needs if not NEEDS[name].there(evidence)]

    def findings(self, evidence: Evidence, severity: Severity | None = None) -> list[Finding]:
        """Return the findings of the check with this code; `severity` overrides every other one."""
        return [
            Finding(
                code=self.code,
                severity=severity or found.severity or self.severity,
                message=found.message,
                about=found.about,
                evidence=dict(found.evidence),
                ids=tuple(str(i) for i in found.ids),
                patch=found.patch,
            )
            for found in self.check(evidence)
        ]

    def __repr__(self) -> str:
        return f"Rule({self.code} {self.slug}, {self.severity})"


RULES: Registry[Rule] = Registry("rule", group="evenhand.rules", package="evenhand.diagnosis.rules", nested=True)
"""Every rule by its code: the files of `evenhand/diagnosis/rules`, and other packages under "evenhand.rules"."""


def rule(
    code: str, slug: str, severity: Severity, *, needs: Sequence[str] = (), after: Sequence[str] = ()
) -> Callable[[Check], Rule]:
    """Return a decorator that makes a check a `Rule` and registers it under its code."""

    def make(check: Check) -> Rule:
        return RULES.register(code)(Rule(code, slug, severity, check, tuple(needs), tuple(after)))

    return make
