"""`evenhand diagnose`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenhand.cli.console import print_json
from evenhand.cli.options import Json, Model, RecordPath, StoreFolder, exit_by
from evenhand.cli.tables.spreadsheet import Spreadsheet, guard_formulas
from evenhand.cli.unused_options import refuse_options


def diagnose(
    context: typer.Context,
    record: RecordPath,
    source: Annotated[str, typer.Argument(help="A folder, a zip or a file of new data.", show_default=False)],
    manifest: Annotated[
        Path | None,
        typer.Option("--manifest", metavar="CSV", help="A table with the label of rows, by path, id or file name."),
    ] = None,
    label: Annotated[
        str | None, typer.Option("--label", metavar="COL", help="With --manifest: the column of the label.")
    ] = None,
    group: Annotated[
        str | None, typer.Option("--group", metavar="COL", help="With --manifest: the column of the group.")
    ] = None,
    sample: Annotated[
        int | None, typer.Option("--sample", metavar="N", help="Take a random sample of N rows, blind to classes.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the sample.")] = 0,
    model: Model = None,
    to: Annotated[Path, typer.Option("--to", help="Folder for diagnose.html and diagnose.csv.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Overwrite these files.")] = False,
    store: StoreFolder = None,
    spreadsheet: Spreadsheet = False,
    as_json: Json = False,
) -> None:
    """Show how a run does on new data: accuracy, classes predicted too often, confusions, and rows unlike its own.

    Without --manifest, labels are those of folders, of a table named as that of the run, or of annotations; without
    any, classes are held against the run's own predictions. The exit code is 1 if a finding is an error.
    """
    from evenhand.base.errors import EvenhandError
    from evenhand.cli.progress import watching
    from evenhand.cli.tables.results.diagnose import print_diagnosis
    from evenhand.pipeline.diagnose.diagnose import diagnose as run_diagnose
    from evenhand.pipeline.diagnose.write import refuse_existing

    if manifest is None and (label is not None or group is not None):
        raise EvenhandError("--label and --group name columns of a table of labels; give it with --manifest.")
    if sample is None:
        refuse_options(context, ("seed",), "nothing is drawn without --sample")
    refuse_existing(to, force=force)
    with watching() as watcher:
        found = run_diagnose(
            record,
            source,
            manifest=manifest,
            label=label,
            group=group,
            sample=sample,
            seed=seed,
            model=model,
            store=store,
            watcher=watcher,
        )
    page, table = found.save(to, force=force)
    guard_formulas(table, spreadsheet)
    if as_json:
        print_json(found.document())
    else:
        print_diagnosis(found, page, table)
    exit_by(found.findings)
