"""Write the neighbours of queries as a page with pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from evenhand.base.errors import EvenhandError
from evenhand.base.storage.files.atomic import write_text
from evenhand.base.storage.files.output_file import output_file
from evenhand.modalities.recorded_files import recorded_picture
from evenhand.reporting.retrieval_page import retrieval_page
from evenhand.reporting.sections import Picture

if TYPE_CHECKING:
    from evenhand.pipeline.retrieval.retrieve_result import QueryShown, RetrievalResult


def write_page(found: RetrievalResult, page: Path, *, force: bool = False) -> Path:
    """Write the page of a search and return its path (see `RetrievalResult.save`)."""
    target = output_file(page, force=force, option="--html")
    write_text(
        target, retrieval_page(found.document(), _pictures(found, found.queries), _pictures(found, found.own))
    )
    return page


def _pictures(found: RetrievalResult, rows: Mapping[str, QueryShown], *, side: int = 160) -> Picture:
    """Return a function from the name of a row to its picture as a `data:` URI, None where none can be made."""

    def picture(name: str) -> str | None:
        try:
            row = rows[name]
            if row.section is None:
                return found.kind.picture_of(row.root, row.cells, side)
            return recorded_picture(found.kind, row.section, row.root, row.cells, side)
        except (EvenhandError, OSError):
            return None

    return picture
