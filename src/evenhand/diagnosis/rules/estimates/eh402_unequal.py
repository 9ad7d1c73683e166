"""EH402: runs that differ in more than what is compared."""

from __future__ import annotations

from collections.abc import Iterator

from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import listing
from evenhand.diagnosis.rule import Found, rule


@rule("EH402", slug="unequal", severity="warning", needs=("comparisons",))
def check(case: Evidence, *, most: int = 6) -> Iterator[Found]:
    """Find comparisons of runs with unequal budgets, data or folds.

    What it checks: what the records of the runs say about epochs, batch size, seeds, folds, rows, labels and files,
    and whether every run has the rows that are compared. Of blends, every model that both runs have is looked at,
    and which models are blended. At most `most` differences are written out.

    Why it matters: a gain after twice the epochs, on cleaned labels or in kinder folds is not the model's. The
    verdict is about everything that differs, not about the thing one has in mind.

    What to do: run both with the same budget on the same data and folds; for two versions of the labels use
    compare --versions, which tells the labels' share from the model's.

    Limits: files of predictions say nothing about budgets; only what they hold is checked.

    Example: `new and old differ in more than the model: train.epochs 20 against 40; 12 rows are in another fold.`
    """
    for one in case.comparisons or ():
        if one.conditions:
            yield Found(
                says=f"{listing(one.names)} differ in more than the model: {listing(one.conditions, most=most)}.",
                evidence={"differences": list(one.conditions), "left_out": dict(one.left_out)},
            )
