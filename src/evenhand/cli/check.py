"""`evenhand check`."""

from __future__ import annotations

import typer

from evenhand.cli.options import Config, Json, Set


def check(config: Config, set_: Set = None, as_json: Json = False) -> None:
    """Look at the data before anything is trained: what is there, and what is wrong with it.

    Writes findings.jsonl below the output folder. Exit code 1 if a finding is an error.
    """
    from pathlib import Path

    from evenhand.base.files import to_json, write_text
    from evenhand.cli.progress import watching
    from evenhand.cli.tables import print_check
    from evenhand.pipeline.check import check as look
    from evenhand.settings import load

    with watching() as watcher:
        found = look(config, changes=set_ or [], watcher=watcher)
    target = Path(load(config, changes=set_ or []).output) / "findings.jsonl"
    write_text(target, "".join(to_json(finding.document()) + "\n" for finding in found.findings))
    if as_json:
        typer.echo(to_json(found.document(), indent=1))
    else:
        print_check(found, target)
    raise typer.Exit(1 if any(f.severity == "error" for f in found.findings) else 0)
