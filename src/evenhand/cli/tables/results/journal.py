"""What `journal` did, as text on standard output."""

from __future__ import annotations

from evenhand.base.text.counted import count
from evenhand.cli.console import print_error, print_line
from evenhand.pipeline.journal.journal import JournalResult


def print_journal(done: JournalResult) -> None:
    """Print how many entries were added, updated and left, and why a run has none."""
    words = [
        f"{count(len(names), 'entry', 'entries')} {what}"
        for names, what in ((done.added, "added"), (done.updated, "updated"), (done.unchanged, "unchanged"))
        if names
    ]
    print_line(f"{done.path}: {', '.join(words) or 'nothing to add'}.")
    if done.edited:
        names = ", ".join(done.edited)
        print_line(
            f"Left as they are, since somebody changed them by hand: {names}. Remove one to have it made again."
        )
    for why in done.skipped.values():
        print_error(f"Skipped: {why}")
