"""EH402: runs that differ in more than what is compared."""

from __future__ import annotations

from collections.abc import Iterator

from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import listing
from evenhand.diagnosis.rule import Found, rule


@rule("EH402", slug="unequal", severity="warning", needs=("comparisons",))
def check(evidence: Evidence, *, most: int = 6) -> Iterator[Found]:
    """Find comparisons of runs with unequal budgets, data or folds.

    What it checks: epochs, batch size, seeds, folds, rows, labels and files in the records of the runs, and whether
    every run has the compared rows. For blends, every model that both runs have is checked, and which models are
    blended. At most `most` differences are listed.

    Why it matters: a gain from twice the epochs, cleaned labels or easier folds is not due to the model. The
    verdict covers everything that differs, not only the intended change.

    What to do: run both with the same budget on the same data and folds; for two versions of the labels use
    compare --versions, which separates the effect of the labels from that of the model.

    Limits: files of predictions do not record budgets; only their contents are checked.

    Example: `new and old differ in more than the model: train.epochs 20 against 40; 12 rows are in another fold.`
    """
    for one in evidence.comparisons or ():
        if one.conditions:
            yield Found(
                message=f"{listing(one.names)} differ in more than the model: "
                f"{listing(one.conditions, most=most)}.",
                evidence={"differences": list(one.conditions), "left_out": dict(one.left_out)},
            )
