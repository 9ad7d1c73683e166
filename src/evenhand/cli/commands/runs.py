"""`evenhand runs`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenhand.cli.console import print_json
from evenhand.cli.options import Json, LogColumns, columns_of_logs


def runs(
    sources: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[SOURCE]...",
            help="The folder of the records (runs, if none is named); a run, or a log of another program, for its "
            "learning curves; several for a ranking.",
            show_default=False,
        ),
    ] = None,
    ranked: Annotated[bool, typer.Option("--rank", help="Rank the models of all runs in a folder.")] = False,
    metric: Annotated[
        str | None, typer.Option("--metric", help="What to rank by; by default the first of [score].")
    ] = None,
    column: LogColumns = None,
    as_json: Json = False,
) -> None:
    """List the runs below a folder, show the learning curves of one, or rank the models of several.

    Logs of other programs are read too: a CSV of epochs, metrics.csv of Lightning, trainer_state.json of Hugging
    Face, a Keras history, event files of TensorBoard.
    """
    from evenhand.base.errors import RecordError
    from evenhand.cli.tables.results.curves import print_learning_curves, print_ranking
    from evenhand.cli.tables.tables import print_runs
    from evenhand.pipeline.curves.learning_curves import has_curves, learning_curves, refuse_columns_of_runs
    from evenhand.pipeline.curves.rank import rank
    from evenhand.pipeline.verbs.runs import runs as list_runs

    columns = columns_of_logs(column)
    chosen = sources or [Path("runs")]
    if ranked or metric or len(chosen) > 1:
        ranking = rank(*chosen, metric=metric, columns=columns)
        print_json(ranking.document()) if as_json else print_ranking(ranking)
    elif has_curves(chosen[0]):
        curves = learning_curves(chosen[0], columns=columns)
        print_json(curves.document()) if as_json else print_learning_curves(curves)
    else:
        refuse_columns_of_runs(columns)
        # "runs" need not be there yet; what somebody names must be.
        if sources and not chosen[0].is_dir():
            raise RecordError(f"{chosen[0]}: there is no such folder. Name the folder of the records.")
        table = list_runs(chosen[0])
        print_json(table.to_dict(orient="records")) if as_json else print_runs(table, chosen[0])
