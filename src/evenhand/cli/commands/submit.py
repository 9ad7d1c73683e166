"""`evenhand submit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenhand.cli.console import print_json, print_line
from evenhand.cli.options import Config, Json, RecordPath


def submit(
    config: Config,
    record: RecordPath,
    file: Annotated[Path, typer.Argument(help="The submission, as predict --like wrote it.", show_default=False)],
    dry: Annotated[bool, typer.Option("--dry-run", help="Only check the gate.")] = False,
    as_json: Json = False,
) -> None:
    """Run your upload command for a submission if the gate of [submit] is passed, and log it.

    The exit code is 1 if the gate is not passed or the command fails.
    """
    from evenhand.pipeline.submission.submit import submit as send

    done = send(config, record, file, dry=dry)
    if as_json:
        print_json(done.document())
    else:
        print_line(f"{_WORDS[done.event]} {done.gate.message}" + (f"\n{done.output}" if done.output else ""))
    raise typer.Exit(0 if done.event in ("uploaded", "passed") else 1)


_WORDS = {
    "uploaded": "Uploaded.",
    "stopped": "The upload command timed out. The file may have arrived, so this counts as an upload.",
    "failed": "The upload command failed.",
    "refused": "Not uploaded.",
    "passed": "It would be uploaded.",
}
