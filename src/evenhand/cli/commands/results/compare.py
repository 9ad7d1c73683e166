"""`evenhand compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from evenhand.base.row_set import RowSet
from evenhand.cli.console import print_json
from evenhand.cli.options import (
    Classes,
    FoldsTable,
    Force,
    IdColumn,
    Json,
    LabelsTable,
    Model,
    Positions,
    Scale,
    SetOfRows,
    exit_by,
)
from evenhand.cli.tables.spreadsheet import Spreadsheet, guard_formulas
from evenhand.cli.unused_options import refuse_file_options, refuse_options

_OF_PAIRS = ("against", "labels", "folds", "same_labels", "ids", "force", "spreadsheet")
"""Options of a comparison with verdicts."""
_OF_PREDICTIONS = (
    "metric", "model", "against", "smallest", "of", "labels", "folds", "same_labels", "versions", "rows",
    "id_column", "classes", "positions", "scale",
)  # fmt: skip
"""Options of a comparison of predictions."""


def compare(
    context: typer.Context,
    sources: Annotated[
        list[Path],
        typer.Argument(
            help="Folders of runs and prediction files (.csv, .parquet, .npz); the others are compared with "
            "the first. For one run: its models and blends. With --data: runs or TOML files.",
            show_default=False,
        ),
    ],
    metric: Annotated[
        list[str] | None,
        typer.Option("--metric", help="Repeatable; by default the first of [score] of the first run, or macro_f1."),
    ] = None,
    model: Model = None,
    against: Annotated[str, typer.Option("--against", help="first, or all for every pair.")] = "first",
    smallest: Annotated[
        float, typer.Option("--smallest", help="The smallest difference worth caring about; 0.005 is half a point.")
    ] = 0.005,
    of: SetOfRows = RowSet.OUT_OF_FOLD,
    labels: LabelsTable = None,
    folds: FoldsTable = None,
    same_labels: Annotated[
        bool,
        typer.Option("--same-labels", help="Compare on the rows that have the same label in all sources."),
    ] = False,
    data: Annotated[
        bool,
        typer.Option(
            "--data",
            help="How the data of two runs or TOML files differ, or those of one with a table of corrections.",
        ),
    ] = False,
    versions: Annotated[
        bool,
        typer.Option(
            "--versions", help="Two versions of a data set: split a gain into the shares of labels and model."
        ),
    ] = False,
    rows: Annotated[
        bool, typer.Option("--rows", help="Agreement of two sets of predictions, row by row; no truth is needed.")
    ] = False,
    id_column: IdColumn = None,
    classes: Classes = None,
    positions: Positions = False,
    scale: Scale = "auto",
    ids: Annotated[Path | None, typer.Option("--ids", help="CSV file to write the rows that changed to.")] = None,
    force: Force = False,
    spreadsheet: Spreadsheet = False,
    as_json: Json = False,
) -> None:
    """Compare models, with intervals of their differences, on the rows that all have.

    The exit code is 1 if a finding is an error.
    """
    from evenhand.base.errors import EvenhandError
    from evenhand.base.storage.files.atomic import TABLES
    from evenhand.base.storage.files.output_file import output_file
    from evenhand.cli.options import columns_from, one_of
    from evenhand.cli.tables.results.compare import print_agreement, print_comparison, print_versions, write_changes
    from evenhand.pipeline.comparison import compare as verbs

    if ids is None:
        refuse_options(context, ("spreadsheet", "force"), "no CSV is written without --ids")
    if data:
        refuse_options(context, _OF_PREDICTIONS, "--data compares rows, not predictions")
        before, after = _two(sources)
        changed = None if ids is None else output_file(ids, force=force, option="--ids", endings=TABLES)
        _compare_data(before, after, changed, spreadsheet, as_json)
        return
    columns = columns_from(id_column, classes, positions, scale)
    one_of("--set", of, ("oof", "test"))
    refuse_file_options(context, sources, ("labels", "folds", "id_column", "classes", "positions", "scale"))
    if versions:
        refuse_options(context, (*_OF_PAIRS, "rows"), "--versions splits one gain between two sources")
        if metric and len(metric) > 1:
            raise EvenhandError(f"--versions splits the gain of one --metric; {len(metric)} were given.")
        before, after = _two(sources)
        first = metric[0] if metric else None
        split = verbs.compare_versions(
            before, after, metric=first, model=model, smallest=smallest, of=of, columns=columns
        )
        _print_result(split.document(), as_json, print_versions, split)
        return
    if rows:
        refuse_options(context, (*_OF_PAIRS, "metric", "smallest"), "--rows shows agreement only, without a truth")
        agreed = verbs.agreement(*_two(sources), model=model, columns=columns, of=of)
        _print_result(agreed.document(), as_json, print_agreement, agreed)
        return
    changed = None if ids is None else output_file(ids, force=force, option="--ids", endings=TABLES[:1])
    compared = verbs.compare(
        *sources,
        metrics=metric,
        model=model,
        against=one_of("--against", against, ("first", "all")),
        smallest=smallest,
        of=of,
        labels=labels,
        folds=folds,
        columns=columns,
        same_labels=same_labels,
    )
    findings = verbs.findings(compared)
    if changed is not None:
        # Before anything is printed: output may be a pipe that closes early.
        write_changes(compared, changed)
        guard_formulas(changed, spreadsheet)
    document = {**compared.document(), "findings": [finding.document() for finding in findings]}
    _print_result(document, as_json, print_comparison, compared, findings)
    exit_by(findings)


def _compare_data(before: Path, after: Path, ids: Path | None, spreadsheet: bool, as_json: bool) -> None:
    from evenhand.base.storage.files.atomic import write_frame
    from evenhand.cli.console import print_line
    from evenhand.review.versions.compare_data import compare_data

    found = compare_data(before, after)
    if ids is not None:
        write_frame(found.rows(), ids)
        guard_formulas(ids, spreadsheet)
    if as_json:
        print_json(found.document())
        return
    for line in str(found).splitlines():
        print_line(line)


def _print_result(document: Any, as_json: bool, show: Any, *shown: Any) -> None:
    if as_json:
        print_json(document)
    else:
        show(*shown)


def _two(sources: list[Path]) -> tuple[Path, Path]:
    from evenhand.base.errors import EvenhandError

    if len(sources) != 2:
        raise EvenhandError(f"--data, --versions and --rows compare two sources; {len(sources)} were given.")
    return sources[0], sources[1]
