"""`evenhand verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenhand.cli.console import print_json, print_line
from evenhand.cli.options import Json


def verify(
    path: Annotated[Path, typer.Argument(metavar="RECORD|STORE", help="The folder of a run, or of a store.")],
    as_json: Json = False,
) -> None:
    """Compare every file of a record, or every entry of a store, with its checksum.

    Exit code 1 where a file is damaged or missing.
    """
    from evenhand.pipeline.verbs.verify import verify as run_verify

    found = run_verify(path)
    damaged = found.damaged
    if as_json:
        print_json(found.document())
    else:
        for row in damaged.itertuples():
            print_line(f"{path / str(row.file)}: {row.reason}. What to do: {str(row.to_do).rstrip('.')}.")
        unknown = len(found.unknown)
        without = f" {unknown:,} have no checksum: of an older version, or not finished." if unknown else ""
        broken = f"{len(damaged):,} are damaged or missing" if len(damaged) else "none is damaged"
        print_line(f"{path}: {len(found.files):,} files of a {found.what} were read; {broken}.{without}")
    if len(damaged):
        raise typer.Exit(1)
