"""`evenhand earliness`."""

from __future__ import annotations

from typing import Annotated

import typer

from evenhand.base.row_set import RowSet
from evenhand.cli.console import print_json
from evenhand.cli.options import Json, Model, RecordPath, SetOfRows, StoreFolder


def earliness(
    record: RecordPath,
    model: Model = None,
    steps: Annotated[
        str | None,
        typer.Option(
            "--steps",
            metavar="N,N,…",
            help="Numbers of steps; by default eighths of the longest row.",
            show_default=False,
        ),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option("--metric", help="For example macro_f1; repeatable. By default those of [score]."),
    ] = None,
    precision: Annotated[
        float, typer.Option("--precision", help="Share of early decisions that should be right.")
    ] = 0.9,
    of: SetOfRows = RowSet.OUT_OF_FOLD,
    store: StoreFolder = None,
    as_json: Json = False,
) -> None:
    """Show how a run does on the first steps of each row (lines of a scan), and how early it can tell."""
    from evenhand.base.errors import EvenhandError
    from evenhand.cli.options import one_of
    from evenhand.cli.progress import watching
    from evenhand.cli.tables.results.earliness import print_earliness
    from evenhand.pipeline.earliness.earliness import earliness as run_earliness

    try:
        counts = None if steps is None else [int(word) for word in steps.split(",")]
    except ValueError:
        raise EvenhandError(f'--steps: "{steps}" is not a list of whole numbers such as 10,20,40.') from None
    with watching() as watcher:
        found = run_earliness(
            record,
            model=model,
            steps=counts,
            metrics=metric or None,
            of=one_of("--set", of, ("oof", "test")),
            precision=precision,
            store=store,
            watcher=watcher,
        )
    print_json(found.document()) if as_json else print_earliness(found)
