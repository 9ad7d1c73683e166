"""Open a session: the rows of a run or a configuration, and the log of decisions about them."""

from __future__ import annotations

import getpass
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evenhand.base.errors import DataError, EvenhandError
from evenhand.base.settings.section import read_file, set_dotted
from evenhand.base.storage.files.atomic import write_text
from evenhand.base.storage.record import Record
from evenhand.data.tables.csv_dialect import decode_csv
from evenhand.review.log.live_review import LiveReview
from evenhand.review.log.session_files import APPLIED, FOLDER, KEPT, LOG, PLANTED, refuse_links_out, remove_parts
from evenhand.review.rows.kept_rows import keep, read_kept
from evenhand.review.rows.nearest import NearestRows
from evenhand.review.rows.pictures import Pictures
from evenhand.review.rows.planted_file import Planted, check_planted, read_planted
from evenhand.review.rows.review_rows import ReviewRows
from evenhand.review.rows.reviewed_source import check_source
from evenhand.review.rows.with_planted import with_planted
from evenhand.review.server.new_rows import NewRows
from evenhand.review.server.session import ReviewSession

OUTPUT = "runs"
"""Where records are if a configuration does not say it, as `Settings.output`."""


@dataclass(frozen=True, eq=False)
class OpenSession:
    """A session, the folder that it is kept in, and the rows that its run has not predicted."""

    session: ReviewSession
    folder: Path
    new: NewRows | None = None


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
        With a configuration: a run whose probabilities and findings are shown for the rows that were in it.
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
    check_source(source, changes=changes, run=run)
    place = folder or _beside(source, changes)
    _refuse_half_a_change(place, source)
    asked = {
        "source": str(source.resolve()),
        "changes": list(changes),
        "run": None if run is None else str(run.resolve()),
    }
    if place is not None:
        refuse_links_out(place)
        remove_parts(place)
    reviewed = None if place is None else read_kept(place / KEPT, asked)
    if place is None or reviewed is None:
        # With what reads and checks a configuration or a run, which takes longer to import than all the rest.
        from evenhand.review.rows.read_rows import read_rows

        found = read_rows(source, changes=changes, run=run)
        place, reviewed = folder or found.output / FOLDER, found.reviewed
        if len(reviewed.rows):
            keep(place / KEPT, asked, found.files, found.before, reviewed)
    if not len(reviewed.rows):
        raise DataError(f"{source}: there are no rows to review.")
    pictures = Pictures.of_reviewed(reviewed, recorded=source.is_dir())
    known = planted_of(place, reviewed.rows, planted)
    record = Record.open(source) if source.is_dir() else None if run is None else Record.open(run)
    plain, new = (reviewed.rows, None) if record is None else NewRows.of(reviewed.rows, record, place)
    rows = with_planted(plain, known)  # after the pictures and models, which find files by the paths as they are
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
    return OpenSession(session, place, new)


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


def _beside(source: Path, changes: Sequence[str]) -> Path | None:
    """Return the folder of a session where none is named; None if the configuration does not say it plainly."""
    if source.is_dir():
        return source.parent / FOLDER
    try:
        values = tomllib.loads(read_file(source))
        for change in changes:
            set_dotted(values, change)
        return Path(values.get("output", OUTPUT)) / FOLDER
    except (OSError, ValueError, TypeError, EvenhandError):
        return None  # reading it in earnest says what is wrong


def _refuse_half_a_change(place: Path | None, source: Path) -> None:
    """Raise `DataError` if a change of the data was interrupted: the rows are neither as before nor as after."""
    if place is None or not (place / APPLIED).is_dir():
        return
    # where nothing was ever applied, the page does not wait for these imports
    from evenhand.review.apply.carry_out import changes

    if any(change.journal.state in ("doing", "undoing") for change in changes(place / APPLIED)):
        raise DataError(
            f"{place / APPLIED}: a change of the data was interrupted, or is going on. "
            f"`evenhand review {source} --export` finishes or undoes it."
        )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return "reviewer"
