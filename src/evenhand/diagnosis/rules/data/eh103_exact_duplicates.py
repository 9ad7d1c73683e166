"""EH103: exact duplicates."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import count, verb
from evenhand.diagnosis.rule import Found, rule


@rule("EH103", slug="exact-duplicates", severity="note", needs=("samples", "copies"))
def check(evidence: Evidence, *, warning_share: float = 0.1) -> Iterator[Found]:
    """Find files with the same bytes, the same pixels or the same lines.

    What it checks: the hash of each file's bytes, and of its decoded pixels; of drawings, whether they have the
    same lines at the same coordinates to 1e-5 and the same words, whatever the order, the layers and the
    colours; of pairs, whether picture and text are both equal. A picture or a text that very many pairs share is
    a note of its own. It is a warning where more than `warning_share` of the rows are redundant copies, or where
    folds do not keep copies together.

    Why it matters: a copy in both training and validation makes the estimate too high, and copies give their
    content twice the weight. Folds that keep copies together avoid the former.

    What to do: keep one of each set, or leave folds.duplicates at "group".

    Limits: blank pictures are compared by bytes only (EH102 lists them). Copies that were scaled, cropped or saved
    again are found by EH105, drawings that were moved, scaled or turned by EH114.

    Example: `41 of 7,249 rows are copies of other rows (in 38 sets, the largest of 4).`
    """
    sets = evidence.copies
    if not sets:
        return
    n, spare = len(evidence.rows), sum(len(rows) - 1 for rows in sets)
    apart = evidence.setting("folds.duplicates") == "ignore"
    first = evidence.paths(sets[0])
    yield Found(
        message=f"{count(spare, 'row')} of {n:,} {verb(spare, 'is a copy', 'are copies')} of other rows "
        f'(in {count(len(sets), "set")}, the largest of {len(sets[0])}: "{first[0]}" and "{first[1]}").',
        evidence={"spare": spare, "n": n, "sets": len(sets), "largest": len(sets[0])},
        ids=evidence.rows.ids[np.concatenate(sets)],
        patch={"folds.duplicates": "group"} if apart else None,
        severity="warning" if apart or spare > warning_share * n else None,
    )
