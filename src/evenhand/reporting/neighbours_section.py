"""Strips of a query and its nearest rows, for the report and for the page of `evenhand retrieve`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from evenhand.base.text.counted import count
from evenhand.reporting.record_contents import RecordContents
from evenhand.reporting.sections import Picture, safe_picture

MOST_NAME = 120
"""Characters of the heading of a strip: what is searched for may be a chapter of a book."""

MOST_TEXT = 400
"""Characters of a text below a picture, of which two lines are visible."""


def neighbours_section(evidence: RecordContents, picture: Picture) -> dict[str, Any] | None:
    """Return the strips of the queries that the run chose; None if it has none."""
    found = evidence.neighbours
    if not found or not found["rows"]:
        return None
    return {**found, "strips": strips_of(found, picture, picture)}


def strips_of(found: Mapping[str, Any], query_picture: Picture, picture: Picture) -> list[dict[str, Any]]:
    """Return each query with its nearest rows, in the order of the search.

    Parameters
    ----------
    found
        `RetrievalResult.document()`.
    query_picture, picture
        Name of a query, or id of a row -> a `data:` URI of a small picture, or None.
    """
    rows = {query: list(of) for query, of in groupby(found["rows"], key=lambda row: row["query"])}
    return [
        {
            **query,
            "name": _name(query, found["shown"]),
            "row": _cell(query, found["shown"], query_picture(query["query"])),
            "rows": [_cell(row, found["shown"], picture(str(row["id"]))) for row in rows[query["query"]]],
            "hits": _hits(query, rows[query["query"]]),
        }
        for query in found["queries"]
        if query["query"] in rows
    ]


def _cell(row: Mapping[str, Any], shown: Sequence[str], uri: str | None) -> dict[str, Any]:
    """Return a row as it stands in a strip: its picture if it is one, and its texts, cut."""
    texts = [_cut(str(row[name]), MOST_TEXT) for name in shown if str(row[name])]
    return {**row, "uri": safe_picture(uri), "texts": texts, "alt": ", ".join(texts) or row["path"]}


def _name(query: Mapping[str, Any], shown: Sequence[str]) -> str:
    """Return what a person calls a query: of a row of the run not its id, which is a hash."""
    if query["labels"] is None and query["hit_share"] is None:
        return _cut(query["query"], MOST_NAME)
    return _cut(
        next((str(query[name]) for name in (*shown, "path") if str(query[name])), query["query"]), MOST_NAME
    )


def _hits(query: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    """Return how many of the rows are hits, beside the share of all rows; "" where the labels are not known."""
    known = [row["relevant"] for row in rows if row["relevant"] is not None]
    if query["hit_share"] is None or not known:
        return ""
    share = 100 * query["hit_share"]
    return (
        f"{sum(known)} of {count(len(known), 'row')} {'is a hit' if sum(known) == 1 else 'are hits'}; "
        f"of all rows searched, {share:.{0 if share >= 1 or share == 0 else 1}f} % are"
    )


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
