"""`evenhand demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenhand.cli.console import print_json, print_line
from evenhand.cli.options import Json


def demo(
    kind: Annotated[str, typer.Argument(help="Kind of data: photos, drawings, ….")] = "photos",
    folder: Annotated[
        Path | None, typer.Argument(help="Folder for data and record.", show_default="demo/KIND")
    ] = None,
    as_json: Json = False,
) -> None:
    """Run everything on packaged photos of solar cells, or on generated data of another kind, without network."""
    from evenhand.cli.progress import watching
    from evenhand.cli.tables.tables import print_run
    from evenhand.pipeline.verbs.demo import demo as run_demo
    from evenhand.pipeline.verbs.demo import demo_data, demo_folder

    place = demo_folder(kind, folder)
    credit = demo_data(kind, place).credit
    if not as_json:
        print_line(credit)
    with watching() as watcher:
        done = run_demo(kind, place, watcher=watcher)
    if as_json:
        print_json(done.document())
    else:
        print_run(done)
