"""`evenhand evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenhand.base.row_set import RowSet
from evenhand.cli.console import print_json
from evenhand.cli.options import Classes, IdColumn, Json, Positions, Scale


def evaluate(
    predictions: Annotated[
        Path,
        typer.Argument(
            help="A prediction file (.csv, .parquet, .npz), or the folder of a run.", show_default=False
        ),
    ],
    labels: Annotated[
        Path | None,
        typer.Option("--labels", help="A table with id and label, for predictions that do not hold the truth."),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option("--metric", help="For example macro_f1. May be repeated; without one, the usual metrics."),
    ] = None,
    label: Annotated[str | None, typer.Option("--label", metavar="COL", help="The column of labels.")] = None,
    group: Annotated[
        str | None,
        typer.Option("--group", metavar="COL", help="The column of groups, which intervals are taken over."),
    ] = None,
    id_column: IdColumn = None,
    classes: Classes = None,
    positions: Positions = False,
    scale: Scale = "auto",
    model: Annotated[str | None, typer.Option("--model", help="Which model or blend; the run's best.")] = None,
    of: Annotated[str, typer.Option("--set", help="oof, or test for locked rows.")] = RowSet.OUT_OF_FOLD,
    as_json: Json = False,
) -> None:
    """Evaluate anybody's predictions: metrics with intervals that are taken over groups.

    A file holds a row per sample: id, a column per class, and the truth, unless a table of labels says it.
    """
    from evenhand.base.errors import EvenhandError, unknown
    from evenhand.cli.options import columns_from
    from evenhand.cli.tables.evaluate import print_evaluation
    from evenhand.pipeline.verbs.evaluate import evaluate as figures

    if of not in (RowSet.OUT_OF_FOLD, RowSet.LOCKED):
        raise EvenhandError(f"--set: {unknown('choice', of, ('oof', 'test'))}")
    found = figures(
        predictions,
        metric or None,
        labels=labels,
        id=id_column,
        label=label,
        group=group,
        columns=columns_from(None, classes, positions, scale),
        model=model,
        of=of,
    )
    if as_json:
        print_json(found.document())
    else:
        print_evaluation(found)
