"""EH404: a model without predictions for some folds or rows."""

from __future__ import annotations

from collections.abc import Iterator

from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import count, listing
from evenhand.diagnosis.rule import Found, rule


@rule("EH404", slug="missing-in-folds", severity="warning", needs=("nested",))
def check(evidence: Evidence, *, least: int = 1) -> Iterator[Found]:
    """Find models that lack rows, or whole folds, which other models have.

    What it checks: the rows of every model against those of the others. It fires from `least` missing rows on; a
    missing fold is an error.

    Why it matters: an average over the available models is a different ensemble in every fold. Its figure belongs
    to none of them, and easy folds that all models have raise it.

    What to do: predict the missing rows, or leave the model out. Until then the rows are left out for all models,
    and the figures are about the rest.

    Limits: the reason for missing rows is not known; if the hard ones are missing, the rest is easier than the
    whole.

    Example: `"b4" lacks 394 rows and has none of fold 3 and 4; the rows are left out for all, 1,576 are evaluated.`
    """
    nested = evidence.nested
    for gap in nested.gaps if nested else ():
        if gap.lacking >= least and nested is not None:
            folds = f" and has none of fold {listing(map(str, gap.folds), most=10)}" if gap.folds else ""
            yield Found(
                message=f'"{gap.model}" lacks {count(gap.lacking, "row")}{folds}; the rows are left out for all, '
                f"{nested.n:,} are evaluated.",
                about=gap.model,
                evidence={"lacking": gap.lacking, "folds": list(gap.folds), "evaluated": nested.n},
                ids=gap.ids,
                severity="error" if gap.folds else None,
            )
