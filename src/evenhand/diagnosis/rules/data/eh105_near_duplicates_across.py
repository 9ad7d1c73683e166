"""EH105: near-duplicates in different folds or splits."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evenhand.base.values import Ints, Strings
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import count, verb
from evenhand.diagnosis.rule import Found, rule


@rule(
    "EH105",
    slug="near-duplicates-across",
    severity="warning",
    needs=("samples", "parts", "copies"),
    after=("EH103", "EH106"),
)
def check(evidence: Evidence, *, error_share: float = 0.05) -> Iterator[Found]:
    """Find copies and near-duplicates that lie in different folds or splits.

    What it checks: exact copies, and near-duplicates found by a perceptual hash and confirmed in the pixels,
    against the folds with the locked test, or against the predefined split. It is an error where more than
    `error_share` of the rows of a part have a duplicate in another.

    Why it matters: a model is then evaluated on pictures that it was trained on, and the figure is too high by
    up to that share.

    What to do: name in data.group what the pictures have in common (a series, a patient, a burst), so that
    they stay in one fold; remove copies of locked pictures from the training rows.

    Limits: of kinds of data without pictures, exact copies only are compared; of pairs, the pictures, whatever
    their texts say. Two views of one object
    are not near-duplicates; only a group column can connect them. Folds keep exact copies together automatically
    (folds.duplicates).

    Example: `12 pairs of identical or nearly identical pictures lie in different parts of the data: 0.5% of the
    2,485 rows of test have a duplicate elsewhere (first: "a/1.jpg" and "b/7.jpg").`
    """
    parts = evidence.sides
    assert parts is not None
    pairs = crossing(evidence, parts)
    if not len(pairs):
        return
    shares = shares_seen(pairs, parts)
    worst = max(shares, key=lambda part: shares[part])
    first = evidence.paths(pairs[0])
    searched = evidence.pictures is not None or len(evidence.near_pictures) > 0
    what = "identical or nearly identical pictures" if searched else f"identical {evidence.noun}"
    copies_apart = evidence.folds is not None and evidence.setting("folds.duplicates") == "ignore"
    yield Found(
        message=f"{count(len(pairs), 'pair')} of {what} "
        f"{verb(len(pairs), 'lies', 'lie')} in different parts of the data: {shares[worst]:.1%} of the "
        f"{int((parts == worst).sum()):,} rows of {worst} have a duplicate elsewhere "
        f'(first: "{first[0]}" and "{first[1]}").',
        evidence={"pairs": len(pairs), "rows": len(np.unique(pairs)), "n": len(parts), "shares": shares},
        ids=evidence.rows.ids[np.unique(pairs)],
        patch={"folds.duplicates": "group"} if copies_apart else None,
        severity="error" if shares[worst] > error_share else None,
    )


def crossing(evidence: Evidence, parts: Strings) -> Ints:
    """Return (p, 2) rows that are copies or near-duplicates and lie in different parts."""
    both = np.concatenate([evidence.duplicate_pairs, evidence.near_pictures])
    pairs = np.unique(np.sort(both, axis=1), axis=0)
    return np.asarray(pairs[parts[pairs[:, 0]] != parts[pairs[:, 1]]])


def shares_seen(pairs: Ints, parts: Strings) -> dict[str, float]:
    """Return part -> the share of its rows that are in a crossing pair."""
    held = parts[np.unique(pairs)]
    return {str(part): float((held == part).sum() / (parts == part).sum()) for part in sorted(set(held))}
