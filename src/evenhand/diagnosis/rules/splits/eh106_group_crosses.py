"""EH106: a group in two parts of the data."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from evenhand.base.text.unique_names import unique_names
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import count, listing, verb
from evenhand.diagnosis.rule import Found, rule


@rule("EH106", slug="group-crosses", severity="error", needs=("samples", "groups", "parts"))
def check(evidence: Evidence) -> Iterator[Found]:
    """Find groups that lie in more than one fold or split.

    What it checks: each group's rows against the folds with the locked test, or, where there are no folds,
    against the predefined split.

    Why it matters: rows of one group (a patient, a series of photos) are more alike than rows of two. What
    is learned from one half of a group leaks to the other, and the estimate is too high for new groups.

    What to do: let Evenhand make the folds, and lock the test by groups or by a column that keeps them whole;
    or move the named groups to one side in the table.

    Limits: the group column is trusted. Splits that are pooled into the same folds are not compared.

    Example: `12 of 2,425 groups lie in more than one part (77 rows; first: "Lime/03" is in train and val).`
    """
    parts = evidence.sides
    assert parts is not None
    named = evidence.rows.frame["group"].notna().to_numpy()
    names, number = unique_names(evidence.rows.groups[named])
    table = pd.DataFrame({"group": number, "part": parts[named]})
    spread = table.groupby("group")["part"].nunique().to_numpy()
    crossing = np.flatnonzero(spread > 1)
    if not len(crossing):
        return
    name = names[crossing[0]]
    rows = np.flatnonzero(named)[table["group"].isin(crossing).to_numpy()]
    first = table.loc[table["group"] == crossing[0], "part"].unique()
    yield Found(
        message=f"{count(len(crossing), 'group')} of {len(spread):,} {verb(len(crossing), 'lies', 'lie')} in more "
        f'than one part of the data ({count(len(rows), "row")}; first: "{name}" is in {listing(first)}).',
        about=str(name) if len(crossing) == 1 else "",
        evidence={"crossing": len(crossing), "groups": len(spread), "rows": len(rows), "n": len(evidence.rows)},
        ids=evidence.rows.ids[rows],
    )
