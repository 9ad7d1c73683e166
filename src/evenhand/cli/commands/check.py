"""`evenhand check`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from evenhand.cli.console import print_json
from evenhand.cli.options import Config, Json, Set, exit_by


def check(
    config: Config,
    set_: Set = None,
    balance: Annotated[
        bool,
        typer.Option("--balance", help="Show only the class prior that each model will assume."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Check the data before training: class counts, and what is wrong with them.

    Findings are written to findings.jsonl below the output folder. The exit code is 1 if a finding is an error.
    """
    if balance:
        _balance(config, set_ or [], as_json)
    from evenhand.base.storage.files.atomic import to_json, write_text
    from evenhand.cli.progress import watching
    from evenhand.cli.tables.tables import print_check
    from evenhand.pipeline.verbs.check import check as run_check
    from evenhand.settings.load import load

    with watching() as watcher:
        found = run_check(config, changes=set_ or [], watcher=watcher)
    target = Path(load(config, changes=set_ or []).output) / "findings.jsonl"
    write_text(target, "".join(to_json(finding.document()) + "\n" for finding in found.findings))
    if as_json:
        print_json(found.document())
    else:
        print_check(found, target)
    exit_by(found.findings)


def _balance(config: Path, changes: Sequence[str], as_json: bool) -> None:
    """Print the ledgers and the findings about them."""
    from evenhand.cli.tables.tables import print_balance
    from evenhand.pipeline.verbs.balance_ledger import balance_ledger

    found = balance_ledger(config, changes=changes)
    if as_json:
        print_json(found.document())
    else:
        print_balance(found)
    exit_by(found.findings)
