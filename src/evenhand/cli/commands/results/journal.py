"""`evenhand journal`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenhand.cli.console import print_json
from evenhand.cli.options import Json


def journal(
    records: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Runs, folders of runs, TOML files with [ablation]; by default runs/.", show_default=False
        ),
    ] = None,
    file: Annotated[Path, typer.Option("--file", help="The journal, a Markdown file.")] = Path("EXPERIMENTS.md"),
    against: Annotated[
        Path | None,
        typer.Option("--against", help="The run that all are compared with; by default the one before each."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Add an entry per run to a journal, or bring those that are there up to date.

    What people write around the entries, and in their notes, is kept byte for byte.
    """
    from evenhand.cli.tables.results.journal import print_journal
    from evenhand.pipeline.journal.journal import journal as write_journal

    done = write_journal(*(records or []), file=file, against=against)
    if as_json:
        print_json(done.document())
    else:
        print_journal(done)
