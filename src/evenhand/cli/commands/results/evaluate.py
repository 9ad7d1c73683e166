"""`evenhand evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenhand.base.row_set import RowSet
from evenhand.cli.console import print_json
from evenhand.cli.options import Classes, IdColumn, Json, Model, Positions, Scale, SetOfRows
from evenhand.cli.unused_options import refuse_file_options


def evaluate(
    context: typer.Context,
    predictions: Annotated[
        Path,
        typer.Argument(
            help="A prediction file (.csv, .parquet, .npz), or the folder of a run.", show_default=False
        ),
    ],
    labels: Annotated[
        Path | None,
        typer.Option("--labels", help="A table with id and label, or id and a column of 0 to 1 for each class."),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option("--metric", help="For example macro_f1; repeatable. By default the standard metrics."),
    ] = None,
    label: Annotated[str | None, typer.Option("--label", metavar="COL", help="The label column.")] = None,
    group: Annotated[
        str | None,
        typer.Option("--group", metavar="COL", help="The group column; intervals are resampled over groups."),
    ] = None,
    id_column: IdColumn = None,
    classes: Classes = None,
    positions: Positions = False,
    scale: Scale = "auto",
    model: Model = None,
    of: SetOfRows = RowSet.OUT_OF_FOLD,
    as_json: Json = False,
) -> None:
    """Evaluate predictions of any origin: metrics with intervals over groups.

    A file holds one row per sample: id, one column per class, and the truth unless --labels has it.
    """
    from evenhand.cli.options import columns_from, one_of
    from evenhand.cli.tables.results.evaluate import print_evaluation
    from evenhand.pipeline.verbs.evaluate import evaluate as run_evaluate

    refuse_file_options(context, [predictions], ("classes", "positions", "scale"))
    found = run_evaluate(
        predictions,
        metric or None,
        labels=labels,
        id=id_column,
        label=label,
        group=group,
        columns=columns_from(None, classes, positions, scale),
        model=model,
        of=one_of("--set", of, ("oof", "test")),
    )
    if as_json:
        print_json(found.document())
    else:
        print_evaluation(found)
