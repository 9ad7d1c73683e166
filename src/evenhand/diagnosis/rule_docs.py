"""The page of a rule, made from its docstring and its keyword defaults."""

from __future__ import annotations

import inspect
import re

from evenhand.base.errors import EvenhandError
from evenhand.base.text.toml_text import toml_value
from evenhand.diagnosis.requirements import NEEDS
from evenhand.diagnosis.rule import Rule

SECTIONS = ("What it checks", "Why it matters", "What to do", "Limits", "Example")
"""Sections of every rule's docstring, in this order."""


def sections(rule: Rule) -> dict[str, str]:
    """Return the title ("") and the sections of a rule's docstring, each on one line.

    Raises
    ------
    EvenhandError
        If a section is missing, empty, or not one of `SECTIONS`.
    """
    text = inspect.getdoc(rule.check) or ""
    title, *blocks = re.split(r"\n\s*\n", text)
    found = {"": _one_line(title)}
    for block in blocks:
        name, colon, body = block.partition(":")
        if not colon or name not in SECTIONS or not body.strip():
            raise EvenhandError(f"{rule.code}: a docstring section must begin with one of {', '.join(SECTIONS)}.")
        found[name] = _one_line(body)
    missing = [name for name in ("", *SECTIONS) if not found.get(name)]
    if missing:
        raise EvenhandError(f"{rule.code}: the docstring lacks: {', '.join(missing)}.")
    return found


def page(rule: Rule) -> str:
    """Return the page of a rule in Markdown."""
    texts = sections(rule)
    lines = [
        f"# {rule.code} {rule.slug}",
        "",
        texts[""],
        "",
        f"Severity: **{rule.severity}**, unless stated otherwise.",
    ]
    for name in SECTIONS:
        lines += ["", f"## {name}", "", texts[name][0].upper() + texts[name][1:]]
    if rule.thresholds:
        lines += ["", "## Thresholds", "", "| name | value |", "|---|---|"]
        lines += [f"| `{name}` | {toml_value(value)} |" for name, value in rule.thresholds.items()]
    lines += ["", "## Needs", ""]
    lines += [f"- {NEEDS[name].words}" for name in rule.needs] or ["- nothing"]
    lines += ["", "If one of these is missing, the rule is *not applicable*, which is not *passed*."]
    if rule.after:
        lines += ["", f"Possible causes: {', '.join(rule.after)}."]
    return "\n".join(lines) + "\n"


def _one_line(text: str) -> str:
    return " ".join(text.split())
