"""Links in a folder of somebody else: those that lead out of it are not followed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from evenhand.base.errors import RecordError


def leads_out(path: Path, folder: Path) -> bool:
    """Return whether a path below a folder lies elsewhere: by links, or by "..".

    The folder itself may be reached by any link, as its user named it.
    """
    root = os.path.realpath(folder)
    # by realpath, which leaves links that go round in a circle as they are
    return os.path.commonpath([root, os.path.realpath(path)]) != root


def glob_inside(folder: Path, *patterns: str) -> Iterator[Path]:
    """Yield the paths below a folder that match a pattern for each level, sorted; links out are not looked into."""
    places = [folder]
    for pattern in patterns:
        found = (path for place in places for path in sorted(place.glob(pattern)))
        places = [path for path in found if not leads_out(path, folder)]
    yield from places


def refuse_link_out(path: Path, folder: Path) -> None:
    """Raise `RecordError` where a path leads out of the record in `folder`.

    Whoever sends a record could otherwise have any file of its reader's put into a report.
    """
    if leads_out(path, folder):
        raise RecordError(
            f"{path}: leads out of the record by a link, and is not read. Replace the link by a copy of what it "
            "leads to."
        )
