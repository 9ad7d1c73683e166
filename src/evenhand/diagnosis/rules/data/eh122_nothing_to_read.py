"""EH122: models whose only input is missing in all rows, or in all of a class or a fold."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evenhand.base.values import TEST, Mask
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import count, listing
from evenhand.diagnosis.rule import Found, rule


@rule("EH122", slug="nothing-to-read", severity="warning", needs=("unread",), after=("EH101",))
def check(evidence: Evidence, *, least: int = 5) -> Iterator[Found]:
    """Find models whose only input is missing in all rows, or in all rows of a class or a fold.

    What it checks: of models that read one part of a row alone, such as the text of pairs, which rows lack that
    part: all of them (an error), all of a class that may be trained on, or all of a fold or of the locked test,
    where these have at least `least` rows.

    Why it matters: rows without what a model reads all look the same to it. Of such a class it can learn only that
    something is missing, which new rows of the class need not share; on such a fold it answers all rows alike,
    and its figure there is that of a guess.

    What to do: give the model the other part as well, look at why the part is missing (a wrong column, or another
    source of the rows), or group the folds by source so that every fold has some of each.

    Limits: silent where a few rows of a class have the part, and for models that read every part.

    Example: `Model "titles" reads nothing but the text, and no row of class bag (40 rows) has one.`
    """
    for model, (part, missing) in evidence.unread.items():
        n, start = len(missing), f'Model "{model}" reads nothing but the {part}, and no row'
        if missing.all():
            yield Found(
                message=f"{start} of {n:,} has one: all rows look the same to it.",
                about=model,
                evidence={"part": part, "rows": n},
                severity="error",
            )
            continue
        large = {name: rows for name, rows in _parts(evidence).items() if rows.sum() >= least}
        without = {name: rows for name, rows in large.items() if missing[rows].all()}
        if without:
            counts = {name: int(rows.sum()) for name, rows in without.items()}
            words = listing(f"{name} ({count(rows, 'row')})" for name, rows in counts.items())
            yield Found(
                message=f"{start} of {words} has one.",
                about=model,
                evidence={"part": part, "n": n, "missing": int(missing.sum()), "rows": counts},
                ids=evidence.rows.ids[np.any(list(without.values()), axis=0)],
            )


def _parts(evidence: Evidence) -> dict[str, Mask]:
    """Return (n,) bool of each class, of each fold and of the locked test."""
    held = (evidence.label_matrix > 0) & evidence.training[:, None]
    parts = {f"class {name}": held[:, c] for c, name in enumerate(evidence.rows.classes)}
    if evidence.folds is None:
        return parts
    folds = {f"fold {k}": evidence.fold == k for k in range(evidence.folds.k)}
    return {**parts, **folds, "the locked test": evidence.fold == TEST}
