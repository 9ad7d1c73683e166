"""Open a session: the rows of a run or a configuration, and the log of decisions about them."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evenhand.base.errors import DataError
from evenhand.base.storage.atomic import write_text
from evenhand.base.storage.record import Record
from evenhand.data.tables.csv_dialect import decode_csv
from evenhand.review.log.live_review import LiveReview
from evenhand.review.log.session_files import FOLDER, LOG, PLANTED
from evenhand.review.rows.from_config import from_config
from evenhand.review.rows.from_record import from_record
from evenhand.review.rows.nearest import NearestRows
from evenhand.review.rows.pictures import Pictures
from evenhand.review.rows.planted_file import Planted, check_planted, read_planted
from evenhand.review.rows.review_rows import ReviewRows
from evenhand.review.rows.with_planted import with_planted
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
    planted: Path | None = None,
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
    planted
        A table of rows of known class (`read_planted`), which replaces that of the session.

    Raises
    ------
    EvenhandError
        If the source cannot be read, or the options do not go together.
    """
    record: Record | None
    if source.is_dir():
        if run is not None or changes:
            raise DataError("--run and --set go with a configuration; a run is reviewed as it is.")
        reviewed = Record.open(source)
        rows, record = from_record(reviewed), reviewed
        pictures = Pictures.of_record(reviewed, rows)
        place = reviewed.path.parent / FOLDER
    else:
        record = None if run is None else Record.open(run)
        rows = from_config(source, changes=changes, record=record)
        settings = load(source, changes=changes)
        pictures = Pictures.of_settings(settings, rows)
        place = Path(settings.output) / FOLDER
    if not len(rows):
        raise DataError(f"{source}: there are no rows to review.")
    place = folder or place
    known = planted_of(place, rows, planted)
    rows = with_planted(rows, known)  # after the pictures, which are found by the paths as they are
    session = ReviewSession(
        rows,
        pictures,
        LiveReview(place / LOG),
        reviewer or _user(),
        order or "by_class",
        planted=known.known,
        nearest=None if record is None else NearestRows.of_record(rows, record),
    )
    session.check_order()
    return OpenSession(session, place)


def planted_of(folder: Path, rows: ReviewRows, given: Path | None = None) -> Planted:
    """Return the planted rows of a session; a table that is given is checked, and kept in its folder.

    Raises
    ------
    DataError
        If a table cannot be read, or the one given names rows or classes that there are not.
    """
    kept = folder / PLANTED
    if given is None:
        return read_planted(kept, several=rows.multi_label) if kept.is_file() else Planted()
    found = read_planted(given, several=rows.multi_label)
    check_planted(found, given.name, rows.ids.tolist(), rows.samples.classes)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(kept, decode_csv(given.read_bytes(), given.name, None)[0])
    return found


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return "reviewer"
