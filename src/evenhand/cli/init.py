"""`evenhand init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def init(
    folder: Annotated[Path, typer.Argument(help="The folder or zip with the data.", show_default=False)],
    to: Annotated[Path, typer.Option("--to", help="The file to write.")] = Path("evenhand.toml"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file if it is there.")] = False,
) -> None:
    """Write a commented configuration for what is found in a folder."""
    from evenhand.base.errors import EvenhandError
    from evenhand.base.files import write_text
    from evenhand.pipeline.init import init as text_for

    if to.exists() and not force:
        raise EvenhandError(f"{to} is there already. Give another name with --to, or --force to overwrite it.")
    write_text(to, text_for(folder.resolve()))
    typer.echo(f"Wrote {to}. Look through it, then: evenhand check {to}")
