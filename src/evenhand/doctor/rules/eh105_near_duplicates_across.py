"""EH105: near-duplicates in different folds or splits."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evenhand.base.values import Ints, Strings
from evenhand.doctor.case import Case
from evenhand.doctor.copies import pairs_within
from evenhand.doctor.rule import Found, rule
from evenhand.doctor.words import count, verb


@rule(
    "EH105",
    slug="near-duplicates-across",
    severity="warning",
    needs=("samples", "parts", "copies"),
    after=("EH103", "EH106"),
)
def check(case: Case, *, error_share: float = 0.01) -> Iterator[Found]:
    """Find pictures that are the same, or nearly, in different folds or splits.

    What it checks: exact copies, and near-duplicates found by a perceptual hash and confirmed in the pixels,
    against the folds with the locked test, or against the split that came with the data. It is an error
    where more than `error_share` of the rows of the smaller part are concerned.

    Why it matters: a model is then judged on pictures that it was trained on, and the figure is too high by
    as much as it remembers.

    What to do: name in data.group what the pictures have in common (a series, a patient, a burst), so that
    they stay in one fold; take copies of locked pictures out of the training.

    Limits: two views of one object are not near-duplicates; only a group column can tell of them. Folds keep
    exact copies together by themselves (folds.duplicates).

    Example: `12 pairs of identical or nearly identical pictures lie in different parts of the data: 12 between
    test and train, 0.5% of the smaller one (first: "a/1.jpg" and "b/7.jpg").`
    """
    parts = case.sides
    assert parts is not None
    pairs = crossing(case, parts)
    if not len(pairs):
        return
    touched = shares(pairs, parts)
    (one, other), (pairs_between, share) = max(touched.items(), key=lambda item: item[1])
    first = case.paths(pairs[0])
    copies_apart = case.folds is not None and case.setting("folds.duplicates") == "ignore"
    yield Found(
        says=f"{count(len(pairs), 'pair')} of identical or nearly identical pictures "
        f"{verb(len(pairs), 'lies', 'lie')} in different parts of the data: {pairs_between:,} between {one} "
        f'and {other}, {share:.1%} of the smaller one (first: "{first[0]}" and "{first[1]}").',
        evidence={
            "pairs": len(pairs),
            "between": {f"{a} and {b}": {"pairs": p, "share": s} for (a, b), (p, s) in touched.items()},
        },
        ids=case.rows.ids[np.unique(pairs)],
        patch={"folds.duplicates": "group"} if copies_apart else None,
        severity="error" if share > error_share else None,
    )


def crossing(case: Case, parts: Strings) -> Ints:
    """Return (p, 2) rows that are copies or near-duplicates and lie in different parts."""
    found = [pairs_within(case.copies)]
    if case.pictures is not None:
        found.append(case.near_pairs)
    pairs = np.unique(np.sort(np.concatenate(found), axis=1), axis=0)
    return np.asarray(pairs[parts[pairs[:, 0]] != parts[pairs[:, 1]]])


def shares(pairs: Ints, parts: Strings) -> dict[tuple[str, str], tuple[int, float]]:
    """Return for each two parts the pairs between them and the share of the smaller part's rows in pairs."""
    names = np.sort(parts[pairs].astype(str), axis=1)
    out = {}
    for one, other in sorted({(str(a), str(b)) for a, b in names}):
        between = pairs[(names == (one, other)).all(axis=1)]
        rows = np.unique(between)
        share = max((parts[rows] == part).sum() / (parts == part).sum() for part in (one, other))
        out[one, other] = (len(between), float(share))
    return out
