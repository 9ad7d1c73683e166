"""EH107: classes with fewer rows than required."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evenhand.data.config import DataConfig
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import classes_of, count, listing, verb
from evenhand.diagnosis.rule import Found, rule


@rule("EH107", slug="rare-class", severity="error", needs=("samples", "labels"), after=("EH101",))
def check(evidence: Evidence) -> Iterator[Found]:
    """Find classes with fewer rows than data.min_count.

    What it checks: rows per class outside the locked test, after unreadable files are left out, against
    data.min_count.

    Why it matters: a class with one row is either trained on or evaluated, never both; its scores mean nothing,
    and a macro average carries their noise.

    What to do: collect more, merge the class with its nearest (data.rename), or leave it out (data.drop).

    Limits: enough rows can still be too few: EH108 counts groups, and intervals show how reliable an estimate is.
    A class of data.classes that no row has at all is one of EH308.

    Example: `2 of 81 classes have fewer than 2 rows: Lime (1) and Fig (0).`
    """
    least = int(evidence.setting("data.min_count", DataConfig.model_fields["min_count"].default))
    counts = evidence.label_matrix[evidence.training].sum(axis=0)
    named = np.isin(evidence.rows.classes, evidence.setting("data.classes", []))
    rare = np.flatnonzero((counts < least) & ~(named & (evidence.label_matrix.sum(axis=0) <= 0)))
    if not len(rare):
        return
    names = [evidence.rows.classes[c] for c in rare]
    held = evidence.label_matrix[:, rare].sum(axis=1) > 0
    yield Found(
        message=f"{classes_of(len(rare), evidence.rows.k)} {verb(len(rare), 'has', 'have')} fewer "
        f"than {count(least, 'row')} to learn from: "
        f"{listing(f'{name} ({counts[c]:g})' for name, c in zip(names, rare, strict=True))}.",
        about=names[0] if len(names) == 1 else "",
        evidence={"min_count": least, "classes": {n: float(counts[c]) for n, c in zip(names, rare, strict=True)}},
        ids=evidence.rows.ids[held],
        patch={"data.drop": [*evidence.setting("data.drop", []), *names]},
    )
