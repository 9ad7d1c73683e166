"""`evenhand report`."""

from __future__ import annotations

import typer

from evenhand.cli.console import print_json, print_line
from evenhand.cli.options import Json, RecordPath


def report(record: RecordPath, as_json: Json = False) -> None:
    """Write the HTML report of a run again; only its record is needed.

    Exit code 1 where a file that it has to say something about is missing or damaged.
    """
    from evenhand.base.storage.record import Record
    from evenhand.cli.tables.losses import losses_sentence
    from evenhand.pipeline.resuming.report_gaps import report_gaps
    from evenhand.pipeline.verbs.report import report

    path = report(record)
    gaps = report_gaps(Record.open(record))
    found = bool(gaps.missing or gaps.damaged)
    if as_json:
        more = {"missing": list(gaps.missing), "damaged": list(gaps.damaged)} if found else {}
        print_json({"report": str(path), **more}, indent=None)
    else:
        print_line(f"Wrote {path}")
        if found:
            print_line(losses_sentence(record, gaps.missing, gaps.damaged))
    if found:
        raise typer.Exit(1)
