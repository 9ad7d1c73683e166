"""What the page shows of a row, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.text.escaping import printable_lines
from evenhand.review.log.replay import ReviewState
from evenhand.review.rows.nearest import NearRows
from evenhand.review.rows.review_rows import ReviewRows
from evenhand.review.rows.source import ProbabilitySource

LIKELY = 9
"""How many classes are offered by number keys."""
NEAR = 8
"""How many duplicates stand beside a row."""
NEAREST = 12
"""How many rows that are near to it by features or probabilities."""
METADATA = 24
"""How many columns of the table are shown."""
CELL = 400
"""How many characters of a cell are shown."""


def card_of(rows: ReviewRows, row: str, *, identity: Sequence[str] = (), blind: bool = False) -> dict[str, Any]:
    """Return the card of a row: what is known about it, for JSON.

    Parameters
    ----------
    identity
        Columns that identify a row for a person (`Kind.shown`), such as the text of a pair; they stand apart.
    blind
        Leave out the model's suggestion and probabilities, and findings, which may rest on them.

    Raises
    ------
    DataError
        If there is no such row.
    """
    at = rows.position(row)
    cells = rows.frame.iloc[at]
    return {
        "row": row,
        "name": shown(cells["path"] or row),
        "label": list(cells["label"]),
        "identity": _cells(cells, [name for name in identity if name in cells.index]),
        "blind": blind,
        "suggestion": None if blind else suggestion_of(rows, at),
        "likely": _likely(rows, at, blind=blind),
        "source": "" if blind else _source_words(rows, at),
        "findings": []
        if blind
        else [shown(f"{finding.code}: {finding.message}") for finding in rows.findings_of(row)],
        "near": [
            {"row": other, "label": list(rows.labels[rows.position(other)]), "why": "same content or family"}
            for other in rows.duplicates_of(row)[:NEAR]
        ],
        "metadata": _metadata(cells, identity),
    }


def suggestion_of(rows: ReviewRows, at: int) -> dict[str, Any] | None:
    """Return the classes that the model gives the row at a position, with the probability; None without a model.

    Where several classes may hold, they are those of at least one half, and the probability is that of the least
    likely among them.
    """
    p = rows.probabilities[at]
    if np.isnan(p).all():
        return None
    chosen = np.flatnonzero(p >= 0.5) if rows.multi_label else np.array([int(np.nanargmax(p))])
    label = [rows.classes[position] for position in chosen]
    return {"label": label, "probability": float(p[chosen].min()) if len(chosen) else None}


def nearest_of(rows: ReviewRows, row: str, near: NearRows) -> dict[str, Any]:
    """Return the rows nearest to a row, each with its labels and whether they are the same, and a sentence."""
    at = rows.position(row)
    label, group = set(rows.labels[at]), rows.frame["group"].iloc[at]
    found = [
        {
            "row": str(rows.ids[other]),
            "label": list(rows.labels[other]),
            "agrees": set(rows.labels[other]) == label,
            "same_group": bool(group) and bool(rows.frame["group"].iloc[other] == group),
        }
        for other in near.positions
    ]
    agree = sum(bool(one["agrees"]) for one in found)
    words = f"Nearest by {near.by}: {agree} of {len(found)} have the same label." if found else ""
    return {"rows": found, "words": shown(words)}


def dispute_of(state: ReviewState, row: str) -> list[dict[str, Any]]:
    """Return the decision of each reviewer on a row, with their notes."""
    notes = state.notes(row)
    return [
        {
            "reviewer": shown(name),
            "kind": event.kind,
            "to": None if event.to is None else list(event.to),
            "from": list(event.from_),
            "note": notes.get(name) or event.note,
        }
        for name, event in sorted(state.by_reviewer(row).items())
    ]


def _likely(rows: ReviewRows, at: int, *, blind: bool) -> list[dict[str, Any]]:
    """Return the most probable classes, or without a model the first ones where these are all."""
    p = rows.probabilities[at]
    if blind or np.isnan(p).all():
        few = rows.classes if rows.k <= LIKELY else ()
        return [{"name": name, "probability": None} for name in few]
    best = np.argsort(-np.nan_to_num(p, nan=-1.0), kind="stable")[:LIKELY]
    return [{"name": rows.classes[position], "probability": float(p[position])} for position in best.tolist()]


def _source_words(rows: ReviewRows, at: int) -> str:
    source = ProbabilitySource(rows.source[at])
    if source is ProbabilitySource.NONE:
        return "No model has given this row probabilities."
    return shown(
        f"Probabilities of {rows.model}, {source.words}." if rows.model else f"Probabilities: {source.words}."
    )


def _metadata(cells: pd.Series[Any], identity: Sequence[str]) -> list[tuple[str, str]]:
    # The label and the path stand above, and columns of our own ("eh:row", hashes) are of no use to a person.
    above = {"path", "label", "content", *identity}
    return _cells(
        cells, [name for name in map(str, cells.index) if name not in above and not name.startswith("eh:")]
    )


def _cells(cells: pd.Series[Any], names: Sequence[str]) -> list[tuple[str, str]]:
    filled = [(name, cells[name]) for name in names if not _empty(cells[name])]
    return [(shown(name), shown(str(value)[:CELL])) for name, value in filled[:METADATA]]


def _empty(value: object) -> bool:
    return value is None or value == "" or (isinstance(value, float) and np.isnan(value))


def shown(text: object) -> str:
    """Return text with characters that nobody sees escaped; the page itself takes it as text, never as markup."""
    return printable_lines(str(text))
