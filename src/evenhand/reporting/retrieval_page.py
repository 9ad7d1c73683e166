"""The page of `evenhand retrieve`: a strip for each query, in the style of the report, without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evenhand.reporting.neighbours_section import strips_of
from evenhand.reporting.sections import Picture
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
    page = page_environment().get_template("retrieve.html.j2")
    return page.render(found=found, strips=strips_of(found, query_picture, picture))
