"""`evenhand ensemble`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from evenhand.cli.console import print_json
from evenhand.cli.options import Classes, IdColumn, Json, Positions, Scale, StoreFolder
from evenhand.cli.tables.spreadsheet import Spreadsheet, guard_formulas


def ensemble(
    sources: Annotated[
        list[Path],
        typer.Argument(help="Prediction files (.csv, .parquet, .npz) and folders of runs.", show_default=False),
    ],
    method: Annotated[
        list[str] | None,
        typer.Option(
            "--method",
            help='A way of blending: nnls, greedy+temperature, or {name = "greedy", rounds = 50}. May be repeated; '
            "without one, equal and nnls.",
        ),
    ] = None,
    labels: Annotated[
        Path | None, typer.Option("--labels", help="A table with id, label and, where known, group and fold.")
    ] = None,
    label: Annotated[str | None, typer.Option("--label", help="The column of labels in it.")] = None,
    group: Annotated[str | None, typer.Option("--group", help="The column of groups in it.")] = None,
    folds: Annotated[
        Path | None,
        typer.Option("--folds", help="A table with id and fold, for files without folds."),
    ] = None,
    new: Annotated[
        list[Path] | None,
        typer.Option("--new", help="The same model's predictions for new rows; once per file, in the same order."),
    ] = None,
    rows: Annotated[
        str, typer.Option("--rows", help="same: every model must have every row; common: the rows that all have.")
    ] = "same",
    id_column: IdColumn = None,
    classes: Classes = None,
    positions: Positions = False,
    scale: Scale = "auto",
    metric: Annotated[str, typer.Option("--metric", help="What is maximised and judged.")] = "macro_f1",
    to: Annotated[Path | None, typer.Option("--to", help="CSV or Parquet file for the blends.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of every random draw.")] = 0,
    store: StoreFolder = None,
    spreadsheet: Spreadsheet = False,
    as_json: Json = False,
) -> None:
    """Blend anybody's out-of-fold predictions, and say what that is worth.

    Files hold a row per sample: id, fold, a column per class. Every blend is learned on the other folds and judged
    on its own; what it seems to be worth without that stands beside it.
    """
    from evenhand.cli.options import columns_from
    from evenhand.cli.progress import watching
    from evenhand.cli.tables.ensemble import print_assembly
    from evenhand.evaluation.reading.files import opened
    from evenhand.evaluation.reading.labels import read_labels
    from evenhand.pipeline.verbs.ensemble import ensemble, write_predictions

    with watching() as watcher:
        made = ensemble(
            *sources,
            methods=[_choice(words) for words in method or ("equal", "nnls")],
            labels=None
            if labels is None
            else read_labels(
                labels, label=label, group=group, id=id_column if id_column in opened(labels).names else None
            ),
            folds=folds,
            new=new or (),
            rows=_one_of("--rows", rows, ("same", "common")),
            columns=columns_from(id_column, classes, positions, scale),
            score=metric,
            seed=seed,
            store=store,
            watcher=watcher,
        )
    if to is not None:
        write_predictions(made, to)
        guard_formulas(to, spreadsheet)
    if as_json:
        print_json(made.document())
    else:
        print_assembly(made, to)


def _choice(words: str) -> Any:
    """Return a method as it was written: a name, or a TOML table in braces."""
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


def _one_of(option: str, word: str, allowed: tuple[str, ...]) -> Any:
    from evenhand.base.errors import EvenhandError, unknown

    if word not in allowed:
        raise EvenhandError(f"{option}: {unknown('choice', word, allowed)}")
    return word
