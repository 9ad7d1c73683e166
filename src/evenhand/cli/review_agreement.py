"""`evenhand review --agreement`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evenhand.cli.console import print_json, print_line


def report_agreement(
    source: Path,
    *,
    session: Path | None,
    changes: Sequence[str],
    as_json: bool,
    planted: Path | None = None,
    run: Path | None = None,
) -> None:
    """Print how far the reviewers of a session agree, how far suggestions move them, and their errors.

    Errors are those on planted rows, of the table given or that of the session.
    """
    from evenhand.cli.damaged_lines import print_damaged
    from evenhand.review.agreement.of_rows import agreement_on
    from evenhand.review.apply.session_changes import SessionChanges
    from evenhand.review.log.live_review import LiveReview
    from evenhand.review.log.session_files import LOG, PLANTED
    from evenhand.review.rows.planted_file import read_planted

    found = SessionChanges.of(source, changes=changes, folder=session, run=run)
    review = LiveReview(found.folder / LOG)
    kept = planted or found.folder / PLANTED
    several = found.rows.multi_label
    truth = read_planted(kept, several=several).known if planted or kept.is_file() else None
    agreement, damaged = agreement_on(found.rows, review.state, truth=truth), review.log.damaged()
    if as_json:
        lines = [{"line": one.number, "why": one.why} for one in damaged]
        print_json({"log": str(review.log.path), "damaged": lines, **agreement.document()})
        return
    for line in str(agreement).splitlines():
        print_line(line)
    print_damaged(review.log)
