"""`evenhand audit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenhand.base.row_set import RowSet
from evenhand.cli.console import print_json
from evenhand.cli.options import Classes, IdColumn, Json, Positions, Scale, StoreFolder


def audit(
    source: Annotated[
        list[Path], typer.Argument(help="The folder of a run, or prediction files.", show_default=False)
    ],
    model: Annotated[str | None, typer.Option("--model", help="Which model or blend; the run's best.")] = None,
    by: Annotated[
        list[str] | None,
        typer.Option("--by", metavar="COLUMN", help="Audit by this column instead of the groups. May be repeated."),
    ] = None,
    metric: Annotated[str | None, typer.Option("--metric", help="The figure; the first of [score].")] = None,
    floor: Annotated[float | None, typer.Option("--floor", help="A value that every part should reach.")] = None,
    held: Annotated[float, typer.Option("--held", help="Share held out at once.")] = 0.2,
    refit: Annotated[
        bool, typer.Option("--refit", help="Learn heads and blends again without the groups that are judged.")
    ] = False,
    coverage: Annotated[
        float | None, typer.Option("--coverage", help="Make conformal sets that hold the truth this often: 0.9.")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option("--labels", help="For files: a table with id, label and group.")
    ] = None,
    folds: Annotated[Path | None, typer.Option("--folds", help="For files: a table with id and fold.")] = None,
    store: StoreFolder = None,
    of: Annotated[str, typer.Option("--set", help="oof, or test for locked rows.")] = RowSet.OUT_OF_FOLD,
    id_column: IdColumn = None,
    classes: Classes = None,
    positions: Positions = False,
    scale: Scale = "auto",
    as_json: Json = False,
) -> None:
    """Say where a figure is worst and how far it may be believed, for a run or for anybody's predictions.

    Parts are held out by turns: rows, each group, several groups. The locked test is looked at
    with --set test only. What was found is written to audit.json in the folder of a run, for its report. Exit
    code 1 if a finding is an error.
    """
    from evenhand.base.storage.atomic import write_json
    from evenhand.cli.options import columns_from
    from evenhand.cli.progress import watching
    from evenhand.cli.tables.audit import print_audit
    from evenhand.pipeline.audit.audit import audit as look

    with watching() as watcher:
        found = look(
            source,
            model=model,
            by=by,
            metric=metric,
            floor=floor,
            held=held,
            again=refit,
            coverage=coverage,
            labels=labels,
            folds=folds,
            store=store,
            of=of,
            columns=columns_from(id_column, classes, positions, scale),
            watcher=watcher,
        )
    if len(source) == 1 and source[0].is_dir() and of == RowSet.OUT_OF_FOLD:
        write_json(source[0] / "audit.json", {**found.document(), "by": ", ".join(by) if by else "group"})
    if as_json:
        print_json(found.document())
    else:
        print_audit(found)
    raise typer.Exit(1 if any(finding.severity == "error" for finding in found.findings) else 0)
