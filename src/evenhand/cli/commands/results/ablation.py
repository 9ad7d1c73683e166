"""`evenhand ablation`."""

from __future__ import annotations

from typing import Annotated

import typer

from evenhand.cli.console import print_json
from evenhand.cli.options import Config, Json, Set


def ablation(
    config: Config,
    set_: Set = None,
    metric: Annotated[
        list[str] | None, typer.Option("--metric", help="A metric; repeatable. By default the first of [score].")
    ] = None,
    smallest: Annotated[
        float, typer.Option("--smallest", help="The smallest difference worth caring about; 0.005 is half a point.")
    ] = 0.005,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and list the rows, and run none.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run rows anew that are finished already.")] = False,
    as_json: Json = False,
) -> None:
    """Run a base, each change of [ablation] alone and all together, and compare each with the base.

    Finished rows are not run again, and an interrupted one is resumed. The exit code is 1 if a row failed or a
    finding is an error.
    """
    from evenhand.cli.progress import watching
    from evenhand.cli.tables.results.ablation import print_ablation
    from evenhand.pipeline.ablation.ablation import ablation as run_ablation

    with watching() as watcher:
        found = run_ablation(
            config,
            changes=set_ or [],
            metrics=metric,
            smallest=smallest,
            fresh=fresh,
            dry_run=dry_run,
            watcher=watcher,
        )
    if as_json:
        print_json(found.document())
    else:
        print_ablation(found)
    raise typer.Exit(1 if found.failed or any(one.severity == "error" for one in found.findings) else 0)
