"""Words: how findings and examinations are said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from evenhand.base.text.escaping import printable
from evenhand.base.text.toml_text import toml_value
from evenhand.base.values import Finding
from evenhand.diagnosis.examination import Examination


def count(n: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun.

    >>> count(1, "file"), count(1200, "file"), count(2, "class", "classes")
    ('1 file', '1,200 files', '2 classes')
    """
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def classes_of(n: int, k: int) -> str:
    """Return how many of how many classes.

    >>> classes_of(1, 81), classes_of(12, 81)
    ('1 class of 81', '12 classes of 81')
    """
    return f"{count(n, 'class', 'classes')} of {k:,}"


def verb(n: int, one: str, many: str) -> str:
    """Return the form of a verb that goes with a number.

    >>> verb(1, "lies", "lie"), verb(2, "lies", "lie")
    ('lies', 'lie')
    """
    return one if n == 1 else many


def listing(names: Iterable[str], *, most: int = 3) -> str:
    """Return names in a sentence, the first `most` of them.

    >>> listing(["a", "b"]), listing("abcdef")
    ('a and b', 'a, b, c and 3 more')
    """
    known = [str(name) for name in names]
    if len(known) > most:
        return f"{', '.join(known[:most])} and {len(known) - most:,} more"
    return " and ".join([", ".join(known[:-1]), known[-1]] if len(known) > 1 else known)


def report_lines(examination: Examination, *, most_ids: int = 6) -> list[str]:
    """Return an examination as plain lines of text, for a terminal, a log or a mail.

    Parameters
    ----------
    most_ids
        How many ids are named with each finding; all of them are in `findings.jsonl`.
    """
    lines: list[str] = []
    for finding in examination.findings:
        lines.extend(finding_lines(finding, examination.causes.get(finding.code, ()), most_ids=most_ids))
    lines.extend(f"{code}  broken   {error}" for code, error in examination.broken.items())
    lines.extend(f"{code}  not applicable: needs {what}" for code, what in examination.not_applicable.items())
    if examination.passed:
        lines.append(f"passed: {', '.join(examination.passed)}")
    found = [count(n, severity) for severity, n in examination.counts.items() if n]
    lines.append(", ".join(found) + "." if found else "Nothing was found.")
    return lines


def finding_lines(finding: Finding, causes: Sequence[str] = (), *, most_ids: int = 6) -> list[str]:
    """Return one finding as lines: what it says, then ids, possible causes and the patch, indented."""
    lines = [f"{finding.code}  {finding.severity:8} {finding.says}"]
    if finding.ids:
        lines.append(f"    ids: {listing(finding.ids, most=most_ids)}")
    if causes:
        lines.append(f"    may come from: {', '.join(causes)}")
    for key, value in (finding.patch or {}).items():
        lines.append(f"    set: {key} = {toml_value(value)}")
    return [printable(line) for line in lines]
