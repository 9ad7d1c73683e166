"""Write the neighbours of queries as a page with pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from evenhand.base.errors import EvenhandError
from evenhand.base.storage.atomic import write_text
from evenhand.reporting.retrieval_page import retrieval_page
from evenhand.reporting.sections import Picture

if TYPE_CHECKING:
    from evenhand.pipeline.retrieval.retrieve_result import QueryShown, RetrievalResult


def refuse_page(page: Path, *, force: bool = False) -> None:
    """Raise an `EvenhandError` if the file exists already, unless `force`, or is a folder."""
    if page.is_dir():
        raise EvenhandError(f"{page}: this is a folder. Name a file in it, such as {page / 'retrieve.html'}.")
    if page.exists() and not force:
        raise EvenhandError(f"{page} already exists. Give another file, or overwrite it with --force.")


def write_page(found: RetrievalResult, page: Path, *, force: bool = False) -> Path:
    """Write the page of a search and return its path (see `RetrievalResult.save`)."""
    refuse_page(page, force=force)
    page.parent.mkdir(parents=True, exist_ok=True)
    write_text(page, retrieval_page(found.document(), _pictures(found, found.queries), _pictures(found, found.own)))
    return page


def _pictures(found: RetrievalResult, rows: Mapping[str, QueryShown], *, side: int = 160) -> Picture:
    """Return a function from the name of a row to its picture as a `data:` URI, None where none can be made."""

    def picture(name: str) -> str | None:
        try:
            return found.kind.picture_of(rows[name].root, rows[name].cells, side)
        except EvenhandError:
            return None

    return picture
