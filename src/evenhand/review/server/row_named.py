"""Find a row by what a person calls it."""

from __future__ import annotations

from evenhand.base.errors import DataError
from evenhand.review.rows.review_rows import ReviewRows

NAMED = 3
"""How many of several rows of one name are listed."""


def row_named(rows: ReviewRows, text: str) -> str:
    """Return the id of the row with this id, path, or last part of a path.

    Raises
    ------
    DataError
        If there is no such row, or several rows have the name.
    """
    wanted = text.strip()
    if wanted in rows:
        return wanted
    paths = rows.samples.frame["path"].astype(str)
    found = paths[(paths == wanted) | paths.str.endswith("/" + wanted)] if wanted else paths[:0]
    if (found == wanted).sum() == 1:
        found = found[found == wanted]
    if len(found) == 1:
        return str(rows.samples.frame["id"].loc[found.index[0]])
    if found.empty:
        raise DataError(
            f'There is no row with the id or file name "{text}" among the {len(rows):,} rows of this review.'
        )
    first = ", ".join(f'"{path}"' for path in found[:NAMED])
    more = ", …" if len(found) > NAMED else ""
    raise DataError(f'{len(found):,} rows are named "{text}" ({first}{more}): write more of the path, or the id.')
