"""`evenhand init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenhand.cli.console import print_line
from evenhand.cli.options import Force


def init(
    folder: Annotated[str, typer.Argument(help="The folder or zip with the data.", show_default=False)],
    to: Annotated[Path, typer.Option("--to", help="The file to write.")] = Path("evenhand.toml"),
    force: Force = False,
    minutes: Annotated[
        float, typer.Option("--minutes", min=0.5, help="Time limit of a run on this machine.")
    ] = 10.0,
    label: Annotated[str | None, typer.Option("--label", help="The class column of the table.")] = None,
    group: Annotated[str | None, typer.Option("--group", help="The group column of the table.")] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", help="The kind of data; by the suffixes of the files if not given.")
    ] = None,
) -> None:
    """Write a commented configuration for the data in a folder and a time limit."""
    from evenhand.base.storage.files.atomic import write_text
    from evenhand.base.storage.files.output_file import output_file
    from evenhand.pipeline.first_config.too_few_classes import MARK
    from evenhand.pipeline.verbs.init import init as config_for

    target = output_file(to, force=force)
    text = config_for(folder, minutes=minutes, label=label, group=group, beside=to.parent, kind=kind)
    write_text(target, text)
    expected = next((line[2:].rstrip() for line in text.splitlines() if line.startswith("# Expected")), "")
    print_line(f"Wrote {to}. Review it, then run: evenhand check {to}")
    lacking = next((line[2:].rstrip() for line in text.splitlines() if line.startswith(f"# {MARK}")), "")
    if lacking:
        print_line(lacking)
    if expected:
        print_line(expected)
