"""EH114: rows that are copies or versions of one another, by name or after a motion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from evenhand.base.values import Ints, Strings
from evenhand.diagnosis.evidence.copies import set_numbers
from evenhand.diagnosis.evidence.data_parts import given_splits
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import count, listing, verb
from evenhand.diagnosis.rule import Found, rule

REASONS = ("names", "contents")
"""Values of `folds.families`."""


@rule("EH114", slug="derived-rows", severity="note", needs=("samples", "paths"), after=("EH103",))
def check(evidence: Evidence) -> Iterator[Found]:
    """Find families: rows that are copies, versions or augmentations of one another.

    What it checks: names of files that end in what programs and people add to a copy (`_rot90`, `_flip`,
    `_aug3`, `_v2`, `_rev1`, `_copy`, ` - Copy`, `副本`, `x (1)` beside `x`) and are otherwise equal, in one
    folder, under one label, or wherever only one file has the name without the ending; and, for kinds that can
    compare contents, rows that are equal in part: drawings after moving, scaling, turning and mirroring, pairs in
    their picture or in their text. It is an error where a family lies in several folds, in the locked test and
    outside, or on both sides of a split column; a warning where `folds.families` allows it; otherwise a note that
    folds keep the families together.

    Why it matters: a model evaluated on a turned copy of a training row is evaluated on that row. Augmented
    copies that lie in a table before it is split make every figure too high, however carefully it is split
    afterwards.

    What to do: keep one of each family, or leave `folds.families` at its default and let Evenhand make the folds.
    Where a split column divides families, move them to one side in the table. Augment while training
    (`train.augment`), which changes training rows only.

    Limits: names are believed, and doubtful ones join: a scan called `part_v2` may be another part. Bare numbers
    (`img_001`, `part-2`) join nothing. Exact copies alone are EH103, near-duplicate pictures EH105. Primitives of a
    drawing beyond drawings.max_nodes, and words, are not compared.

    Example: `120 rows of 914 are copies or versions of others by their names (in 40 families, the largest of 4:
    "shaft_12.dxf" and "shaft_12_rot90.dxf"). Folds keep them together.`
    """
    copy = set_numbers(evidence.copies, len(evidence.rows))
    for reason, sets in (("names", evidence.name_families), ("contents", evidence.moved_contents)):
        new = [rows for rows in sets if len(set(copy[rows])) > 1]
        if new:
            yield _found(evidence, reason, sorted(new, key=len, reverse=True))


def _found(evidence: Evidence, reason: str, sets: Sequence[Ints]) -> Found:
    rows = np.unique(np.concatenate(sets))
    first = evidence.paths(sets[0])
    message = (
        f"{count(len(rows), 'row')} of {len(evidence.rows):,} {_words(evidence, reason)} (in "
        f"{count(len(sets), 'family', 'families')}, the largest of {len(sets[0])}: "
        f'"{first[0]}" and "{first[1]}").'
    )
    numbers = {
        "rows": len(rows),
        "n": len(evidence.rows),
        "families": len(sets),
        "largest": len(sets[0]),
        "by": reason,
    }
    ids = evidence.rows.ids[rows]
    kept = evidence.setting("folds.families", [*REASONS])
    for parts, where in _parts(evidence):
        torn = [each for each in sets if len(set(parts[each]) - {""}) > 1]
        if torn:
            allowed = reason not in kept and where == "parts of the data"
            return Found(
                message=f"{message} {_torn(evidence, torn, parts, where)}",
                about=reason,
                evidence={**numbers, "separated": len(torn), "separated_rows": sum(map(len, torn))},
                ids=evidence.rows.ids[np.concatenate(torn)],
                patch={"folds.families": [*kept, reason]} if allowed else None,
                severity="warning" if allowed else "error",
            )
    together = " Folds keep them together." if evidence.folds is not None else ""
    return Found(message=message + together, about=reason, evidence=numbers, ids=ids)


def _words(evidence: Evidence, reason: str) -> str:
    """Return what rows of a family are."""
    if reason == "names":
        return "are copies or versions of others by their names"
    return f"are equal to others {evidence.moved}"


def _parts(evidence: Evidence) -> Iterator[tuple[Strings, str]]:
    """Yield (n,) the part of each row, and what parts they are: folds and test, then a given split."""
    given = given_splits(evidence.rows)
    if evidence.folds is not None and evidence.sides is not None:
        yield evidence.sides, "parts of the data"
    if given is not None:
        yield given, "values of the split column"


def _torn(evidence: Evidence, torn: Sequence[Ints], parts: Strings, where: str) -> str:
    one = torn[0][0]
    other = next(row for row in torn[0] if parts[row] not in (parts[one], ""))
    path, its = evidence.paths(np.array([one, other]))
    return (
        f"{count(len(torn), 'family', 'families')} {verb(len(torn), 'lies', 'lie')} in more than one of the "
        f'{where}: "{path}" is in {listing([str(parts[one])])}, "{its}" in {listing([str(parts[other])])}.'
    )
