"""Open a session: the rows of a run or a configuration, and the log of decisions about them."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evenhand.base.errors import DataError
from evenhand.base.storage.record import Record
from evenhand.review.log.live_review import LiveReview
from evenhand.review.log.session_files import FOLDER, LOG
from evenhand.review.rows.from_config import from_config
from evenhand.review.rows.from_record import from_record
from evenhand.review.rows.pictures import Pictures
from evenhand.review.server.session import ReviewSession
from evenhand.settings.load import load


@dataclass(frozen=True, eq=False)
class OpenSession:
    """A session and the folder that it is kept in."""

    session: ReviewSession
    folder: Path


def open_session(
    source: Path,
    *,
    changes: Sequence[str] = (),
    run: Path | None = None,
    folder: Path | None = None,
    reviewer: str | None = None,
    order: str | None = None,
) -> OpenSession:
    """Return the session of a source; decisions that were made in it before are there again.

    Parameters
    ----------
    source
        The folder of a run, or a configuration (TOML).
    changes
        `KEY=VALUE` assignments over a configuration.
    run
        With a configuration: a run whose probabilities are shown for the rows that were in it.
    folder
        The folder of the session; by default "review" beside the runs.
    reviewer
        The name under which decisions are logged; by default the user's.
    order
        The order to begin with; by default `ReviewSession`'s.

    Raises
    ------
    EvenhandError
        If the source cannot be read, or the options do not go together.
    """
    if source.is_dir():
        if run is not None or changes:
            raise DataError("--run and --set go with a configuration; a run is reviewed as it is.")
        record = Record.open(source)
        rows = from_record(record)
        pictures = Pictures.of_record(record, rows)
        place = record.path.parent / FOLDER
    else:
        rows = from_config(source, changes=changes, record=run)
        settings = load(source, changes=changes)
        pictures = Pictures.of_settings(settings, rows)
        place = Path(settings.output) / FOLDER
    if not len(rows):
        raise DataError(f"{source}: there are no rows to review.")
    place = folder or place
    session = ReviewSession(rows, pictures, LiveReview(place / LOG), reviewer or _user(), order or "by_class")
    session.check_order()
    return OpenSession(session, place)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return "reviewer"
