"""`evenhand compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from evenhand.base.row_set import RowSet
from evenhand.cli.console import print_json
from evenhand.cli.options import Classes, IdColumn, Json, Positions, Scale
from evenhand.cli.tables.spreadsheet import Spreadsheet, guard_formulas


def compare(
    sources: Annotated[
        list[Path],
        typer.Argument(
            help="Folders of runs and prediction files (.csv, .parquet, .npz); the first is what others are held "
            "against. One run alone: its models and blends.",
            show_default=False,
        ),
    ],
    metric: Annotated[
        list[str] | None,
        typer.Option("--metric", help="May be repeated; without one, what the first run maximises, or macro_f1."),
    ] = None,
    model: Annotated[str | None, typer.Option("--model", help="Which model or blend of a run; its best.")] = None,
    against: Annotated[str, typer.Option("--against", help="first, or all for every pair.")] = "first",
    smallest: Annotated[
        float, typer.Option("--smallest", help="The smallest difference worth caring about; 0.005 is half a point.")
    ] = 0.005,
    of: Annotated[str, typer.Option("--set", help="oof, or test for locked rows.")] = RowSet.OUT_OF_FOLD,
    labels: Annotated[
        Path | None, typer.Option("--labels", help="For files: a table with id, label and group.")
    ] = None,
    folds: Annotated[Path | None, typer.Option("--folds", help="For files: a table with id and fold.")] = None,
    versions: Annotated[
        bool, typer.Option("--versions", help="Two versions of one data set: tell the labels' share of a gain.")
    ] = False,
    rows: Annotated[
        bool, typer.Option("--rows", help="Two sets of answers row by row; no truth is needed.")
    ] = False,
    id_column: IdColumn = None,
    classes: Classes = None,
    positions: Positions = False,
    scale: Scale = "auto",
    ids: Annotated[Path | None, typer.Option("--ids", help="CSV file for the rows that changed.")] = None,
    spreadsheet: Spreadsheet = False,
    as_json: Json = False,
) -> None:
    """Say whether a difference between models is one, with an interval, on the rows that all have.

    Exit code 1 if a finding is an error.
    """
    from evenhand.cli.options import columns_from
    from evenhand.cli.tables.compare import print_agreement, print_comparison, print_versions, write_changes
    from evenhand.pipeline.comparison import compare as comparing

    columns = columns_from(id_column, classes, positions, scale)
    if versions or rows:
        before, after = _two(sources)
        metric_ = metric[0] if metric else None
        found: Any = (
            comparing.compare_versions(
                before, after, metric=metric_, model=model, smallest=smallest, of=of, columns=columns
            )
            if versions
            else comparing.agreement(before, after, model=model, columns=columns, of=of)
        )
        _tell(found.document(), as_json, print_versions if versions else print_agreement, found)
        return
    compared = comparing.compare(
        *sources,
        metrics=metric,
        model=model,
        against=_against(against),
        smallest=smallest,
        of=of,
        labels=labels,
        folds=folds,
        columns=columns,
    )
    findings = comparing.findings(compared)
    if ids is not None:
        write_changes(compared, ids)
        guard_formulas(ids, spreadsheet)
    document = {**compared.document(), "findings": [finding.document() for finding in findings]}
    _tell(document, as_json, print_comparison, compared, findings)
    raise typer.Exit(1 if any(f.severity == "error" for f in findings) else 0)


def _tell(document: Any, as_json: bool, show: Any, *shown: Any) -> None:

    if as_json:
        print_json(document)
    else:
        show(*shown)


def _two(sources: list[Path]) -> tuple[Path, Path]:
    from evenhand.base.errors import EvenhandError

    if len(sources) != 2:
        raise EvenhandError(f"--versions and --rows hold one thing against another: name two, not {len(sources)}.")
    return sources[0], sources[1]


def _against(word: str) -> Any:
    from evenhand.base.errors import EvenhandError, unknown

    if word not in ("first", "all"):
        raise EvenhandError(f"--against: {unknown('choice', word, ('first', 'all'))}")
    return word
