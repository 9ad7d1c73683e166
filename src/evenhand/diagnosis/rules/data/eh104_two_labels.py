"""EH104: identical pictures with different labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from evenhand.base.values import Floats, Ints, Severity
from evenhand.data.splits.group_joins import joined
from evenhand.diagnosis.evidence.copies import set_numbers
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import count, verb
from evenhand.diagnosis.rule import Found, rule


@rule("EH104", slug="two-labels", severity="error", needs=("samples", "labels", "copies"), after=("EH103",))
def check(evidence: Evidence) -> Iterator[Found]:
    """Find identical rows with different labels.

    What it checks: the labels inside each set of exact copies (an error where a row has one label, a warning
    where it may have several), of each pair of near-duplicates, and of each family that names or contents speak of
    (EH114; warnings).

    Why it matters: one of the labels is wrong, or the picture shows both. No model can be right about both
    rows, and their share is a ceiling on what can be reached.

    What to do: look at each set and keep the right label; where both are right, let rows have several
    labels (data.task = "multi").

    Limits: near-duplicates are searched among stored pictures and confirmed in the pixels; similar-looking classes
    do not count. Rows without a label are ignored.

    Example: `3 sets of identical pictures have different labels (first: "a/1.jpg" is Lime, "b/7.jpg" is Lemon).`
    """
    exact = conflicting(evidence, evidence.copies)
    if exact:
        yield _found(
            evidence, exact, f"identical {evidence.noun}", "warning" if evidence.rows.multi_label else "error"
        )
    copy = set_numbers(evidence.copies, len(evidence.rows))
    for what, sets in (
        (f"{evidence.noun} that are equal {evidence.moved}", evidence.moved_contents),
        (
            "files that are copies or versions by their names",
            [s for s in evidence.name_families if _whole_files(evidence, s)],
        ),
    ):
        families = [rows for rows in conflicting(evidence, sets) if len(set(copy[rows])) > 1]
        if families:
            yield _found(evidence, families, what, "warning")
    if evidence.pictures is None:
        return
    near = [pair for pair in conflicting(evidence, list(evidence.near_pairs)) if copy[pair[0]] != copy[pair[1]]]
    if near:
        yield _found(
            evidence, joined(np.array(near), len(evidence.rows)), f"nearly identical {evidence.noun}", "warning"
        )


def _whole_files(evidence: Evidence, rows: Ints) -> bool:
    """Return whether each row is a file of its own: beats of one record may well differ."""
    paths = evidence.paths(rows)
    return len(set(paths)) == len(paths)


def conflicting(evidence: Evidence, sets: Sequence[Ints]) -> list[Ints]:
    """Return the labelled rows of each set whose labels differ; what is unknown of one agrees with anything."""
    words = evidence.label_words
    labelled = [rows[words[rows] != ""] for rows in sets]
    if not evidence.rows.multi_label:
        return [rows for rows in labelled if len(set(words[rows])) > 1]
    return [rows for rows in labelled if len(rows) and _apart(evidence.rows.labels[rows])]


def _apart(labels: Floats, *, much: float = 0.5) -> bool:
    """Return whether some of (n, k) labels hold a class and others do not; degrees must be more than `much` apart.

    Degrees that differ by less are what other annotators would have made of the same row.
    """
    known = ~np.isnan(labels)
    high, low = (np.where(known, labels, filler) for filler in (-np.inf, np.inf))
    return bool((high.max(axis=0) - low.min(axis=0) > much).any())


def _found(evidence: Evidence, sets: Sequence[Ints], what: str, severity: Severity) -> Found:
    words, rows = evidence.label_words, np.unique(np.concatenate(sets))
    one = sets[0][0]
    other = next(row for row in sets[0] if words[row] != words[one])
    (path, path_other), n = evidence.paths(np.array([one, other])), len(evidence.rows)
    return Found(
        message=f"{count(len(sets), 'set')} of {what} {verb(len(sets), 'has', 'have')} "
        f'different labels ({len(rows):,} of {n:,} rows; first: "{path}" is {words[one]}, '
        f'"{path_other}" is {words[other]}).',
        evidence={"sets": len(sets), "rows": len(rows), "n": n, "how": what},
        ids=evidence.rows.ids[rows],
        severity=severity,
    )
