"""`evenhand run`."""

from __future__ import annotations

from typing import Annotated

import typer

from evenhand.cli.console import print_json
from evenhand.cli.options import Config, Json, Set, exit_by


def run(
    config: Config,
    set_: Set = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Do not resume an unfinished run.")] = False,
    as_json: Json = False,
) -> None:
    """Read, check, split, train, evaluate, blend, report.

    An interrupted run is resumed. The exit code is 1 if a finding is an error.
    """
    from evenhand.cli.progress import watching
    from evenhand.cli.tables.spreadsheet import mention_formulas
    from evenhand.cli.tables.tables import print_run
    from evenhand.pipeline.stages.estimates import SUSPECTS
    from evenhand.pipeline.verbs.run import run as run_all

    with watching() as watcher:
        done = run_all(config, changes=set_ or [], fresh=fresh, watcher=watcher)
    if as_json:
        print_json(done.document())
    else:
        print_run(done)
        mention_formulas(done.path / SUSPECTS)
    exit_by(done.findings)
