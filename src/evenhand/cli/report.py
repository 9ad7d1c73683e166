"""`evenhand report`."""

from __future__ import annotations

import typer

from evenhand.cli.options import Json, RecordPath


def report(record: RecordPath, as_json: Json = False) -> None:
    """Write the HTML report of a run again, from its record alone."""
    from evenhand.base.files import to_json
    from evenhand.pipeline.report import write_report

    path = write_report(record)
    typer.echo(to_json({"report": str(path)}) if as_json else f"Wrote {path}")
