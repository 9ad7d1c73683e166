"""`evenhand doctor`."""

from __future__ import annotations

import typer

from evenhand.cli.options import Json, RecordPath


def doctor(record: RecordPath, as_json: Json = False) -> None:
    """Say what is wrong with a run: its data, its balance, its trainings, from its record alone.

    Exit code 1 if a finding is an error.
    """
    from evenhand.base.files import to_json
    from evenhand.cli.tables import print_examination
    from evenhand.pipeline.examine import examine

    found = examine(record)
    if as_json:
        typer.echo(to_json(found.document(), indent=1))
    else:
        print_examination(found)
    raise typer.Exit(1 if found.worst == "error" else 0)
