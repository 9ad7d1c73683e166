"""Views of one table: which rows stay after a review, from what is certainly wrong to what is certainly right.

A view is a table of corrections, so that nothing is copied: `[data] corrections = "versions/strict.csv"` reads it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from evenhand.base.storage.files.atomic import write_frame, write_json
from evenhand.data.tables.corrections_file import COLUMNS, names_cell
from evenhand.review.apply.export import corrections_of
from evenhand.review.log.replay import ReviewState
from evenhand.review.rows.review_rows import ReviewRows

SUMMARY = "summary.json"

Reason = Callable[["RowState"], str | None]
"""Why a view leaves a row out; None if it stays."""


@dataclass(frozen=True)
class RowState:
    """What a review knows of a row: the decision ("" without one, or "disputed"), and the codes of findings."""

    decision: str
    findings: tuple[str, ...]


def _drop(row: RowState) -> str | None:
    return "trash" if row.decision == "trash" else None


def _quarantine(row: RowState) -> str | None:
    return row.decision if row.decision in ("trash", "unsure", "disputed") else None


def _aggressive(row: RowState) -> str | None:
    return _quarantine(row) or (row.findings[0] if row.findings and not row.decision else None)


def _strict(row: RowState) -> str | None:
    return _quarantine(row) or (None if row.decision else "undecided")


VIEWS: Mapping[str, Reason] = {
    "drop": _drop, "quarantine": _quarantine, "aggressive": _aggressive, "strict": _strict,
}  # fmt: skip
"""From the most rows to the fewest. All of them relabel; they differ in what they leave out.

drop: rows that were trashed. quarantine: those of which nobody is sure, and disputed ones, too. aggressive: rows
that a finding names and nobody has looked at, too. strict: every row that was not kept or relabelled.
"""


@dataclass(frozen=True)
class View:
    """One view.

    Attributes
    ----------
    name
        "drop", "quarantine", "aggressive" or "strict".
    corrections
        The table of corrections that makes it.
    rows
        Number of rows that stay.
    relabelled
        How many of these have another class.
    left_out
        Reason -> number of rows: a decision ("trash", "unsure"), "disputed", "undecided", or the code of a finding.
    """

    name: str
    corrections: pd.DataFrame
    rows: int
    relabelled: int
    left_out: Mapping[str, int]


def views(state: ReviewState, rows: ReviewRows, written: Mapping[str, tuple[str, ...]] | None = None) -> list[View]:
    """Return all views of reviewed rows, from the most rows to the fewest.

    Parameters
    ----------
    written
        Id -> classes of the rows without corrections, where `rows` have some already, as in `corrections_of`: a
        view takes the place of these corrections.
    """
    decided = corrections_of(state, rows, written)
    return [_view(name, reason, decided, state, rows, written or {}) for name, reason in VIEWS.items()]


def write_views(
    state: ReviewState, rows: ReviewRows, folder: Path, written: Mapping[str, tuple[str, ...]] | None = None
) -> list[View]:
    """Write a table of corrections for each view, and summary.json with the numbers of all; return the views."""
    found = views(state, rows, written)
    for view in found:
        write_frame(view.corrections, folder / f"{view.name}.csv")
    summary = {
        view.name: {"rows": view.rows, "relabelled": view.relabelled, "left_out": dict(view.left_out)}
        for view in found
    }
    write_json(folder / SUMMARY, {"rows": len(rows), "views": summary})
    return found


def _view(
    name: str,
    reason: Reason,
    decided: pd.DataFrame,
    state: ReviewState,
    rows: ReviewRows,
    written: Mapping[str, tuple[str, ...]],
) -> View:
    actions = dict(zip(decided["id"], decided["action"], strict=True))
    findings: dict[str, list[str]] = {}
    for finding in rows.reported:
        for row in finding.ids:
            findings.setdefault(row, []).append(finding.code)
    disputed = state.disputed
    lines: dict[str, dict[Hashable, Any]] = {str(line["id"]): line for line in decided.to_dict(orient="records")}
    left_out: Counter[str] = Counter()
    relabelled = 0
    paths = rows.samples.frame["path"].astype(str)
    for row, path, labels in zip(rows.ids, paths, rows.labels, strict=True):
        decision = "disputed" if row in disputed else actions.get(row, "")
        why = reason(RowState(decision, tuple(findings.get(row, ()))))
        if why is None:
            relabelled += decision == "relabel"
            continue
        left_out[why] += 1
        if decision != "trash":
            lines[row] = {
                "id": row,
                "path": path,
                "action": "trash",
                "from": names_cell(written.get(row, labels)),
                "to": "",
                "reason": why,
            }
    order = {row: at for at, row in enumerate(rows.ids)}
    table = sorted(lines.values(), key=lambda line: order.get(str(line["id"]), len(order)))
    corrections = pd.DataFrame(table, columns=list(COLUMNS), dtype=object)
    return View(name, corrections, len(rows) - left_out.total(), relabelled, dict(sorted(left_out.items())))
