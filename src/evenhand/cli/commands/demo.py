"""`evenhand demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenhand.cli.console import print_json, say
from evenhand.cli.options import Json


def demo(
    folder: Annotated[Path, typer.Argument(help="Where the demo's configuration and record go.")] = Path("demo"),
    as_json: Json = False,
) -> None:
    """Run the main job on 2,624 photos of solar cells, with packaged weights and without network."""
    from evenhand.cli.progress import watching
    from evenhand.cli.tables.tables import print_run
    from evenhand.pipeline.verbs.demo import CREDIT
    from evenhand.pipeline.verbs.demo import demo as show

    if not as_json:
        say(CREDIT)
    with watching() as watcher:
        done = show(folder, watcher=watcher)
    if as_json:
        print_json(done.document())
    else:
        print_run(done)
