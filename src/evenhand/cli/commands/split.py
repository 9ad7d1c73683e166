"""`evenhand split`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenhand.cli.console import print_json
from evenhand.cli.options import Config, Force, Json, Set


def split(
    config: Config,
    to: Annotated[Path, typer.Option("--to", help="The file to write.")] = Path("folds.csv"),
    force: Force = False,
    set_: Set = None,
    as_json: Json = False,
) -> None:
    """Split the rows into folds, and write these as CSV (id, fold)."""
    from evenhand.base.storage.files.output_file import output_file
    from evenhand.base.storage.folds_csv import write_folds
    from evenhand.cli.progress import watching
    from evenhand.cli.tables.tables import print_folds
    from evenhand.pipeline.verbs.check import check as run_check

    target = output_file(to, force=force, endings=(".csv",))
    with watching() as watcher:
        found = run_check(config, changes=set_ or [], watcher=watcher)
    write_folds(found.folds, target)
    if as_json:
        print_json({"folds": str(to), "k": found.folds.k, "how": dict(found.folds.how)})
    else:
        print_folds(found.folds, found.samples, to)
