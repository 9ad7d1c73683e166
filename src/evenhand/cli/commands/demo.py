"""`evenhand demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenhand.cli.console import print_json, print_line
from evenhand.cli.options import Json


def demo(
    folder: Annotated[Path, typer.Argument(help="Folder for the configuration and the record.")] = Path("demo"),
    as_json: Json = False,
) -> None:
    """Run everything on 2,624 photos of solar cells, with packaged weights and without network."""
    from evenhand.cli.progress import watching
    from evenhand.cli.tables.tables import print_run
    from evenhand.pipeline.verbs.demo import CREDIT
    from evenhand.pipeline.verbs.demo import demo as run_demo

    if not as_json:
        print_line(CREDIT)
    with watching() as watcher:
        done = run_demo(folder, watcher=watcher)
    if as_json:
        print_json(done.document())
    else:
        print_run(done)
