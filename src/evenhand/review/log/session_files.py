"""Where a session keeps its files: in one folder beside the runs, unless another is named."""

from __future__ import annotations

import os
from pathlib import Path

from evenhand.base.errors import DataError
from evenhand.base.storage.files.atomic import remove_abandoned_parts
from evenhand.base.storage.files.links import leads_out

FOLDER = "review"
"""The folder of a session below the output folder, where the records are."""
LOG = "decisions.jsonl"
PLANTED = "planted.csv"
"""Rows of known class among the others."""
CORRECTIONS = "corrections.csv"
"""The decisions as a table that `[data] corrections` names."""
VERSIONS = "versions"
"""A folder for views of the data as tables of corrections, and their summary."""
NEW_ROWS = "new_rows.parquet"
"""Probabilities of rows that are new since the run; they can be made again."""
APPLIED = "applied"
"""A folder for every change of the data: journal, backup and quarantine."""
KEPT = "rows.parquet"
"""The rows as they were read last, to open the page at once; it may be deleted at any time."""


def remove_parts(folder: Path) -> None:
    """Remove what processes that were killed left half written in the folder of a session."""
    for place in (folder, folder / VERSIONS):
        if not place.is_symlink():
            remove_abandoned_parts(place)


def refuse_links_out(folder: Path) -> None:
    """Raise `DataError` where something in the folder of a session is a link that leads out of it.

    A session is written to: whoever sends one could otherwise have files of its reader's replaced.
    """
    if not folder.is_dir():
        return
    with os.scandir(folder) as items:
        for item in items:
            if item.is_symlink() and leads_out(Path(item.path), folder):
                raise DataError(
                    f"{item.path}: leads out of the session by a link. Replace the link by a copy of what it "
                    "leads to."
                )
