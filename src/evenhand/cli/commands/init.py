"""`evenhand init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenhand.cli.console import say


def init(
    folder: Annotated[Path, typer.Argument(help="The folder or zip with the data.", show_default=False)],
    to: Annotated[Path, typer.Option("--to", help="The file to write.")] = Path("evenhand.toml"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file if it is there.")] = False,
    minutes: Annotated[
        float, typer.Option("--minutes", min=0.5, help="What a run may take on this machine.")
    ] = 10.0,
    label: Annotated[str | None, typer.Option("--label", help="The table's column of the class.")] = None,
    group: Annotated[
        str | None, typer.Option("--group", help="The table's column of what rows have in common.")
    ] = None,
) -> None:
    """Write a commented configuration for what is found in a folder, the best for the time that there is."""
    from evenhand.base.errors import EvenhandError
    from evenhand.base.storage.atomic import write_text
    from evenhand.pipeline.verbs.init import init as text_for

    if to.exists() and not force:
        raise EvenhandError(f"{to} is there already. Give another name with --to, or --force to overwrite it.")
    text = text_for(folder, minutes=minutes, label=label, group=group, beside=to.parent)
    write_text(to, text)
    expected = next((line[2:].rstrip() for line in text.splitlines() if line.startswith("# Expected")), "")
    say(f"Wrote {to}. Look through it, then: evenhand check {to}")
    if expected:
        say(expected)
