"""`evenhand ensemble`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from evenhand.cli.console import print_json
from evenhand.cli.options import (
    Classes,
    FoldsTable,
    Force,
    IdColumn,
    Json,
    LabelsTable,
    Positions,
    Scale,
    StoreFolder,
)
from evenhand.cli.tables.spreadsheet import Spreadsheet, guard_formulas
from evenhand.cli.unused_options import refuse_options


def ensemble(
    context: typer.Context,
    sources: Annotated[
        list[Path],
        typer.Argument(help="Prediction files (.csv, .parquet, .npz) and folders of runs.", show_default=False),
    ],
    method: Annotated[
        list[str] | None,
        typer.Option(
            "--method",
            help='A blending method: nnls, greedy+temperature, or {name = "greedy", rounds = 50}. Repeatable; '
            "by default equal and nnls.",
        ),
    ] = None,
    labels: LabelsTable = None,
    label: Annotated[str | None, typer.Option("--label", help="Its label column.")] = None,
    group: Annotated[str | None, typer.Option("--group", help="Its group column.")] = None,
    folds: FoldsTable = None,
    new: Annotated[
        list[Path] | None,
        typer.Option("--new", help="Predictions of the same model for new rows; once per file, in the same order."),
    ] = None,
    rows: Annotated[
        str, typer.Option("--rows", help="same: every model must have every row; common: the rows that all have.")
    ] = "same",
    id_column: IdColumn = None,
    classes: Classes = None,
    positions: Positions = False,
    scale: Scale = "auto",
    metric: Annotated[str, typer.Option("--metric", help="The metric to maximise and report.")] = "macro_f1",
    to: Annotated[Path | None, typer.Option("--to", help="CSV or Parquet file for the blends.")] = None,
    force: Force = False,
    seed: Annotated[int, typer.Option("--seed", help="Seed of every random draw.")] = 0,
    store: StoreFolder = None,
    spreadsheet: Spreadsheet = False,
    as_json: Json = False,
) -> None:
    """Blend out-of-fold predictions of any origin, and evaluate the blends by nested cross-validation.

    Files hold one row per sample: id, fold, one column per class. Every blend is fitted on the other folds and
    evaluated on its own; the naive figure is shown beside the nested one.
    """
    from evenhand.base.storage.files.atomic import TABLES, write_frame
    from evenhand.base.storage.files.output_file import output_file
    from evenhand.cli.options import columns_from, one_of
    from evenhand.cli.progress import watching
    from evenhand.cli.tables.results.ensemble import print_ensemble
    from evenhand.pipeline.verbs.ensemble import ensemble

    if labels is None:
        refuse_options(context, ("label", "group"), "it names a column of the table of --labels")
    if to is None:
        refuse_options(context, ("spreadsheet", "force"), "no file is written without --to")
    target = None if to is None else output_file(to, force=force, endings=TABLES)
    with watching() as watcher:
        made = ensemble(
            *sources,
            methods=[_parse_method(words) for words in method or ("equal", "nnls")],
            labels=_truth_table(labels, label, group, id_column),
            folds=folds,
            new=new or (),
            rows=one_of("--rows", rows, ("same", "common")),
            columns=columns_from(id_column, classes, positions, scale),
            score=metric,
            seed=seed,
            store=store,
            watcher=watcher,
        )
    if target is not None:
        write_frame(made.predictions, target)
        guard_formulas(target, spreadsheet)
    if as_json:
        print_json(made.document())
    else:
        print_ensemble(made, to)


def _truth_table(labels: Path | None, label: str | None, group: str | None, id_column: str | None) -> Any:
    """Return the table of labels; --id may name a column of the prediction files alone."""
    from evenhand.evaluation.reading.files import opened
    from evenhand.evaluation.reading.labels import read_labels

    if labels is None:
        return None
    key = id_column if id_column in opened(labels).names else None
    return read_labels(labels, label=label, group=group, id=key)


def _parse_method(words: str) -> Any:
    """Return a method: a name, or a TOML table in braces."""
    if not words.lstrip().startswith("{"):
        return words
    from evenhand.base.errors import EvenhandError
    from evenhand.base.settings.section import read_value

    try:
        return read_value(words)
    except ValueError as error:
        raise EvenhandError(
            f'--method {words}: is not a TOML table ({error}). Write for example {{name = "greedy", rounds = 50}}.'
        ) from None
