"""The page of `evenhand retrieve`: a strip for each query, in the style of the report, without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from evenhand.reporting.sections import Picture, safe_picture
from evenhand.reporting.write_html import page_environment


def retrieval_page(found: Mapping[str, Any], query_picture: Picture, picture: Picture) -> str:
    """Return the neighbours of queries as HTML text.

    Parameters
    ----------
    found
        `RetrievalResult.document()`.
    query_picture, picture
        Name of a query, or id of a row -> a `data:` URI of a small picture, or None.
    """
    strips = [
        {
            "query": query,
            "uri": safe_picture(query_picture(query)),
            "rows": [{**row, "uri": safe_picture(picture(str(row["id"])))} for row in rows],
        }
        for query, rows in groupby(found["rows"], key=lambda row: row["query"])
    ]
    return page_environment().get_template("retrieve.html.j2").render(found=found, strips=strips)
