"""`evenhand review --agreement`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evenhand.cli.console import print_json, print_line


def report_agreement(source: Path, *, session: Path | None, changes: Sequence[str], as_json: bool) -> None:
    """Print how far the reviewers of a session agree, and how far suggestions move them."""
    from evenhand.review.agreement.of_rows import agreement_on
    from evenhand.review.apply.session_changes import SessionChanges
    from evenhand.review.log.live_review import LiveReview
    from evenhand.review.log.session_files import LOG

    found = SessionChanges.of(source, changes=changes, folder=session)
    review = LiveReview(found.folder / LOG)
    agreement, damaged = agreement_on(found.rows, review.state), review.log.damaged()
    if as_json:
        lines = [{"line": one.number, "why": one.why} for one in damaged]
        print_json({"log": str(review.log.path), "damaged": lines, **agreement.document()})
        return
    for line in str(agreement).splitlines():
        print_line(line)
    for one in damaged:
        print_line(f"{review.log.path}: line {one.number} is left out: {one.why}")
