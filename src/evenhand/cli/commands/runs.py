"""`evenhand runs`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenhand.cli.console import print_json
from evenhand.cli.options import Json


def runs(
    output: Annotated[Path, typer.Argument(help="The folder of the records.")] = Path("runs"),
    as_json: Json = False,
) -> None:
    """List the runs below a folder with their state and best figure."""
    from evenhand.cli.tables.tables import print_runs
    from evenhand.pipeline.verbs.runs import runs as list_runs

    table = list_runs(output)
    if as_json:
        print_json(table.to_dict(orient="records"))
    else:
        print_runs(table, output)
