"""`evenhand review --export`, `--apply` and `--unapply`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from evenhand.cli.console import print_line


def change(
    source: Path, what: str, *, session: Path | None, changes: Sequence[str], yes: bool, run: Path | None = None
) -> None:
    """Write the table of corrections ("export"), carry it out on the files ("apply"), or undo that ("unapply")."""
    from evenhand.cli.damaged_lines import print_damaged
    from evenhand.review.apply.session_changes import SessionChanges
    from evenhand.review.log.log_file import DecisionLog
    from evenhand.review.log.session_files import LOG, VERSIONS
    from evenhand.review.versions.views import write_views

    found = SessionChanges.of(source, changes=changes, folder=session, run=run)
    if what == "export" and source.is_dir():
        found.refuse_half_a_change()
    else:
        for line in found.recover():
            print_line(line)
    if what == "unapply":
        undone = found.unapply()
        print_line("There is nothing to undo." if undone is None else f"{undone.folder}: undone; all is as it was.")
        return
    print_damaged(DecisionLog(found.folder / LOG))
    exported = found.export()
    counts = ", ".join(
        f"{exported.actions.get(name, 0):,} {name}" for name in ("relabel", "trash", "keep", "unsure")
    )
    disputed = f"; {exported.disputed:,} disputed rows are left out" if exported.disputed else ""
    print_line(f"{exported.path}: {counts}{disputed}.")
    if what == "export":
        for view in write_views(found.state, found.rows, found.folder / VERSIONS, found.uncorrected):
            reasons = ", ".join(f"{n:,} {reason}" for reason, n in view.left_out.items()) or "none"
            print_line(f"{VERSIONS}/{view.name}.csv: {view.rows:,} rows; left out: {reasons}.")
        # in full: a relative path would start from the configuration, not from here
        place = exported.path.resolve().as_posix()
        print_line(f'To use it, without changing a file: [data] corrections = "{place}"')
        return
    planned = found.plan()
    for line in planned.summary():
        print_line(line)
    if planned.empty:
        print_line("There is nothing to change.")
        return
    if not yes and not typer.confirm("Change these files?"):
        print_line("Nothing was changed.")
        return
    done = found.carry_out(planned)
    if done is not None:
        print_line(f"Done, and validated: {len(planned.rows):,} rows. {done.folder} holds backup and quarantine.")
        print_line("--unapply undoes it.")
