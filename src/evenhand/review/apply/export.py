"""The decisions of a review as a table of corrections, for `[data] corrections` or to be carried out."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from evenhand.data.tables.corrections_file import COLUMNS, names_cell
from evenhand.review.log.replay import Decided, ReviewState
from evenhand.review.rows.review_rows import ReviewRows


def corrections_of(
    state: ReviewState, rows: ReviewRows, written: Mapping[str, tuple[str, ...]] | None = None
) -> pd.DataFrame:
    """Return the decided rows with the columns id, path, action, from, to and reason, in the order of the rows.

    Disputed rows have no decision and are not among them. Decisions on rows that are not there any more come last,
    so that reading the table names them. A relabelling to the classes that the row had is a keep. The reason is
    what the reviewers noted.

    Parameters
    ----------
    written
        Id -> classes of the rows without corrections, where `rows` have some already. A row that was relabelled
        twice is then corrected from the classes that it was decided on first, which the data still have.
    """
    paths = dict(zip(rows.samples.ids, rows.samples.frame["path"].astype(str), strict=True))
    decided = state.decided
    order = [name for name in paths if name in decided]
    order += sorted(name for name in decided if name not in paths)
    lines = [_line(decided[name], paths.get(name, ""), state, (written or {}).get(name)) for name in order]
    return pd.DataFrame(lines, columns=list(COLUMNS), dtype=object)


def _line(decided: Decided, path: str, state: ReviewState, written: tuple[str, ...] | None) -> dict[str, str]:
    seen = {frozenset(event.from_) for event in state.standing(decided.row)}
    before = written if written is not None and frozenset(written) in seen else decided.from_
    same = decided.kind == "relabel" and set(decided.to or ()) == set(before)
    notes = dict.fromkeys(note for note in [decided.event.note, *state.notes(decided.row).values()] if note)
    return {
        "id": decided.row,
        "path": path,
        "action": "keep" if same else decided.kind,
        "from": names_cell(before),
        "to": names_cell(decided.to) if decided.to is not None and not same else "",
        "reason": "; ".join(notes),
    }
