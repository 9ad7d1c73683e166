"""`evenhand doctor`."""

from __future__ import annotations

import typer

from evenhand.cli.console import print_json
from evenhand.cli.options import Json, LogColumns, RecordPath, columns_of_logs


def doctor(record: RecordPath, column: LogColumns = None, as_json: Json = False) -> None:
    """Show what is wrong with a run: data, balance, trainings; only its record is needed.

    The exit code is 1 if a finding is an error.
    """
    from evenhand.cli.tables.tables import print_examination
    from evenhand.pipeline.verbs.doctor import doctor

    found = doctor(record, columns=columns_of_logs(column))
    if as_json:
        print_json(found.document())
    else:
        print_examination(found)
    raise typer.Exit(1 if found.worst == "error" else 0)
