"""The page of `evenhand diagnose`: one HTML file in the style of the report, without scripts or network access."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evenhand.reporting.sections import Picture, safe_picture
from evenhand.reporting.write_html import page_environment

__all__ = ["Picture", "diagnose_page"]

Document = Mapping[str, Any]

MOST_UNLIKE = 24
"""Maximum number of unlike rows that are shown with a picture; the table of rows has all."""
BESIDE = 4
"""Pictures on each side of a confusion."""


def diagnose_page(found: Document, picture: Picture = lambda _: None) -> str:
    """Return a diagnosis as HTML text.

    Parameters
    ----------
    found
        `DiagnoseResult.document()`.
    picture
        Id of a row -> a `data:` URI of a small picture, or None.
    """
    return (
        page_environment()
        .get_template("diagnose.html.j2")
        .render(
            found=found,
            counts=found["counts"],
            metrics=[
                {"name": name, "here": figure, "run": found["figures_of_run"].get(name)}
                for name, figure in found["figures"].items()
            ],
            shares=found["classes"]["shares"],
            against=found["classes"]["against"],
            confusions=[_beside(pair, found["rows"], picture) for pair in found["confusions"]],
            unlike=_unlike(found["rows"], picture),
            errors=sum(finding["severity"] == "error" for finding in found["findings"]),
        )
    )


def _beside(pair: Document, rows: Sequence[Document], picture: Picture) -> dict[str, Any]:
    """Return a confusion with pictures of the mistakes, and of right rows of either class."""
    by_id = {row["id"]: row for row in rows}
    right = {
        name: [row for row in rows if row["truth"] == row["predicted"] == name and not row["trained_on"]]
        for name in (pair["truth"], pair["predicted"])
    }
    # Beside the mistakes, what the model is sure of in both classes: whether the label or the model is wrong is
    # seen by comparing.
    columns = [
        (f"{pair['truth']}, predicted as {pair['predicted']}", [by_id[i] for i in pair["ids"] if i in by_id]),
        (f"{pair['truth']}, predicted as such", _surest(right[pair["truth"]])),
        (f"{pair['predicted']}, predicted as such", _surest(right[pair["predicted"]])),
    ]
    shown = [{"title": title, "rows": _pictures(part[:BESIDE], picture)} for title, part in columns]
    return {**pair, "columns": shown}


def _surest(rows: Iterable[Document]) -> list[Document]:
    return sorted(rows, key=lambda row: -row["confidence"])


def _unlike(rows: Sequence[Document], picture: Picture) -> dict[str, Any]:
    """Return the rows that are flagged, the farthest first, with pictures of some."""
    flagged = [row for row in rows if row["flagged"] and not row["trained_on"]]
    flagged.sort(key=lambda row: -row["distance"])
    return {"total": len(flagged), "rows": _pictures(flagged[:MOST_UNLIKE], picture)}


def _pictures(rows: Iterable[Document], picture: Picture) -> list[dict[str, Any]]:
    return [{**row, "uri": safe_picture(picture(row["id"]))} for row in rows]
