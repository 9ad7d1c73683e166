"""EH405: predictions that are not out of fold here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evenhand.base.values import Predictions
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import count, listing, verb
from evenhand.diagnosis.rule import Found, rule


@rule("EH405", slug="not-out-of-fold", severity="warning", needs=("predictions",))
def check(evidence: Evidence) -> Iterator[Found]:
    """Find predictions of models that may have been trained on the rows they predict.

    What it checks: the origin of predictions. "Out-of-fold elsewhere" is a model whose folds differ from those
    used here, or are not known; "in-sample" is one that was certainly trained on the rows.

    Why it matters: such a model predicts a row with networks that were trained on most of the rows held out with
    it here, including copies and rows of the same group, and perhaps on the row itself (leakage). Weights, stackers
    and thresholds learned from it have seen the answers: mixing old and new models raises the out-of-fold figure
    and gains nothing on new data.

    What to do: predict the rows again with models trained on these folds (folds.file accepts a file), or leave
    the model out. Until then its gain cannot be trusted.

    Limits: the fold information of files and records is trusted; a wrong fold column is not detected.

    Example: `2 of 5 models are not out of fold here: old_b4 and old_b5. What a blend gains by them cannot be
    trusted.`
    """
    every = evidence.predictions or ()
    for origin, words in _WORDS.items():
        found = [p for p in every if p.origin == origin]
        if found:
            yield _found(found, len(every), origin, words)


_WORDS = {
    "in-sample": "predicted on rows they were trained on",
    "out-of-fold elsewhere": "not out of fold here",
}


def _found(found: Sequence[Predictions], of: int, origin: str, words: str) -> Found:
    names = [p.model or "unnamed" for p in found]
    rows = max(len(p) for p in found)
    return Found(
        message=f"{len(found):,} of {count(of, 'model')} {verb(len(found), 'is', 'are')} {words}: {listing(names)} "
        f"({count(rows, 'row')}). What a blend gains by {verb(len(found), 'it', 'them')} cannot be trusted.",
        about=names[0] if len(names) == 1 else "",
        evidence={"models": names, "origin": origin, "rows": rows},
        severity="error" if origin == "in-sample" else None,
    )
