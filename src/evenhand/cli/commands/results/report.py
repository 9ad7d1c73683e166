"""`evenhand report`."""

from __future__ import annotations

from evenhand.cli.console import print_json, print_line
from evenhand.cli.options import Json, RecordPath


def report(record: RecordPath, as_json: Json = False) -> None:
    """Write the HTML report of a run again; only its record is needed."""
    from evenhand.pipeline.verbs.report import report

    path = report(record)
    print_json({"report": str(path)}, indent=None) if as_json else print_line(f"Wrote {path}")
