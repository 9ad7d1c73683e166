"""`evenhand audit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenhand.base.row_set import RowSet
from evenhand.cli.console import print_json
from evenhand.cli.options import (
    Classes,
    FoldsTable,
    IdColumn,
    Json,
    LabelsTable,
    Model,
    Positions,
    Scale,
    SetOfRows,
    StoreFolder,
    exit_by,
)
from evenhand.cli.unused_options import refuse_file_options, refuse_options


def audit(
    context: typer.Context,
    source: Annotated[
        list[Path], typer.Argument(help="The folder of a run, or prediction files.", show_default=False)
    ],
    model: Model = None,
    by: Annotated[
        list[str] | None,
        typer.Option("--by", metavar="COLUMN", help="Audit by this column instead of the groups; repeatable."),
    ] = None,
    metric: Annotated[
        str | None, typer.Option("--metric", help="The metric; by default the first of [score].")
    ] = None,
    floor: Annotated[float | None, typer.Option("--floor", help="The value that every group should reach.")] = None,
    held: Annotated[float, typer.Option("--held", help="Share of rows and groups in one holdout.")] = 0.2,
    refit: Annotated[
        bool, typer.Option("--refit", help="Refit heads and blends without the groups that are evaluated.")
    ] = False,
    coverage: Annotated[
        float | None, typer.Option("--coverage", help="Make conformal sets with this coverage, such as 0.9.")
    ] = None,
    labels: LabelsTable = None,
    folds: FoldsTable = None,
    store: StoreFolder = None,
    of: SetOfRows = RowSet.OUT_OF_FOLD,
    id_column: IdColumn = None,
    classes: Classes = None,
    positions: Positions = False,
    scale: Scale = "auto",
    as_json: Json = False,
) -> None:
    """Show where a figure is worst and how far it can be trusted, for a run or predictions of any origin.

    Rows, single groups and sets of groups are held out in turn. Locked rows are audited only with --set test.
    The audit of a run is written to audit.json in its folder, for the report. The exit code is 1 if a finding is an
    error.
    """
    from evenhand.base.storage.record import Record
    from evenhand.cli.options import columns_from
    from evenhand.cli.progress import watching
    from evenhand.cli.tables.results.audit import print_audit
    from evenhand.pipeline.audit.audit import audit as run_audit

    refuse_file_options(context, source, ("labels", "folds", "id_column", "classes", "positions", "scale"))
    if not refit:
        refuse_options(context, ("store",), "only --refit reads the store")
    with watching() as watcher:
        found = run_audit(
            source,
            model=model,
            by=by,
            metric=metric,
            floor=floor,
            held=held,
            refit=refit,
            coverage=coverage,
            labels=labels,
            folds=folds,
            store=store,
            of=of,
            columns=columns_from(id_column, classes, positions, scale),
            watcher=watcher,
        )
    if len(source) == 1 and source[0].is_dir() and of == RowSet.OUT_OF_FOLD:
        document = {**found.document(), "by": ", ".join(by) if by else "group"}
        Record.open(source[0]).write_json("audit.json", document)
    if as_json:
        print_json(found.document())
    else:
        print_audit(found)
    exit_by(found.findings)
