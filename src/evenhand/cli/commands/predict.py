"""`evenhand predict`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenhand.cli.console import print_json
from evenhand.cli.options import Force, Json, RecordPath, StoreFolder
from evenhand.cli.tables.spreadsheet import Spreadsheet, guard_formulas, mention_formulas
from evenhand.cli.unused_options import refuse_options

_OF_TABLES = ("to", "force", "table", "id_column", "like", "consensus", "votes", "spreadsheet")
_OF_STREAMS = ("lines", "precision", "until_idle", "strict")


def predict(
    context: typer.Context,
    record: RecordPath,
    source: Annotated[
        str | None,  # as a path, an empty word would be the working folder
        typer.Argument(
            help="A folder, a zip, a file or a record (some/100) of new data; with --like, omit it for the "
            "locked rows; with --stream, a file of lines, - or nothing for standard input."
        ),
    ] = None,
    to: Annotated[Path, typer.Option("--to", help="CSV or Parquet file to write.")] = Path("predictions.csv"),
    force: Force = False,
    model: Annotated[
        str | None, typer.Option("--model", help="A model or ensemble:METHOD; by default the best of the run.")
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option("--table", help="A table of the new files: only these are predicted, under its ids."),
    ] = None,
    id_column: Annotated[
        str | None, typer.Option("--id", metavar="COL", help="With --table: the id column.")
    ] = None,
    like: Annotated[
        Path | None, typer.Option("--like", help="A sample submission, whose ids, order and columns are used.")
    ] = None,
    consensus: Annotated[
        float | None, typer.Option("--consensus", help="With --like: share of --votes that overrides the model.")
    ] = None,
    votes: Annotated[
        list[str] | None,
        typer.Option("--votes", help="With --consensus: a model or blend of the run, or a submission; repeatable."),
    ] = None,
    store: StoreFolder = None,
    spreadsheet: Spreadsheet = False,
    as_json: Json = False,
    stream: Annotated[
        bool,
        typer.Option(
            "--stream",
            help="Read rows step by step (lines of a scan) from standard input, or from a file that may grow, and "
            "print one JSON line for each.",
        ),
    ] = False,
    lines: Annotated[
        int | None,
        typer.Option("--lines", metavar="N", help="With --stream: lines that every row is planned with."),
    ] = None,
    precision: Annotated[
        float | None,
        typer.Option("--precision", help="With --stream: decide as early as `earliness` found for this precision."),
    ] = None,
    until_idle: Annotated[
        float | None,
        typer.Option(
            "--until-idle", metavar="S", help="With --stream of a file: end after S seconds without a line."
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="With --stream: stop at the first line that cannot be used.")
    ] = False,
) -> None:
    """Classify new data with the models of a run, with a confidence per row."""
    from evenhand.base.errors import EvenhandError
    from evenhand.base.storage.files.atomic import TABLES, write_frame
    from evenhand.base.storage.files.output_file import output_file
    from evenhand.cli.print_stream import print_stream
    from evenhand.cli.progress import watching
    from evenhand.cli.tables.results.predict import print_predictions
    from evenhand.cli.tables.tables import print_filled_sample
    from evenhand.pipeline.submission.predict_like import predict_like
    from evenhand.pipeline.verbs.predict import check_beside, write_beside
    from evenhand.pipeline.verbs.predict import predict as run_predict

    if stream:
        refuse_options(context, _OF_TABLES, "--stream reads lines of numbers and prints lines of JSON")
        print_stream(
            record,
            source,
            model=model,
            planned=lines,
            precision=precision,
            until_idle=until_idle,
            strict=strict,
            store=store,
        )
        return
    refuse_options(context, _OF_STREAMS, "it belongs to --stream")
    if source is None and like is None:
        raise EvenhandError(
            "Give the data to classify: a folder, a zip or a file. It is optional only with --like."
        )
    target = output_file(to, force=force, endings=TABLES if like is None else TABLES[:1])
    if like is not None:
        refuse_options(
            context, ("table", "id_column", "spreadsheet"), "rows and ids are those of the sample (--like), exactly"
        )
        with watching() as watcher:
            made = predict_like(
                record,
                like,
                target,
                source=source,
                model=model,
                consensus=consensus,
                votes=votes or [],
                store=store,
                watcher=watcher,
            )
        mention_formulas(target)
        print_json(made.document()) if as_json else print_filled_sample(made)
        return
    assert source is not None
    if consensus is not None or votes:
        raise EvenhandError("--consensus and --votes override rows of a submission; give its sample with --like.")
    if table is None:
        refuse_options(context, ("id_column",), "it names a column of a table of the new files (--table)")
    with watching() as watcher:
        predicted = run_predict(
            record,
            source,
            model=model,
            table=table,
            id=id_column,
            store=store,
            watcher=watcher,
            # what is written beside the table is refused before hours of predicting too
            on_rows=lambda rows, settings: check_beside(rows, settings, to.parent, force=force),
        )
    write_frame(predicted.table, target)
    guard_formulas(target, spreadsheet)
    # Formats that the programs of a field open, such as annotations of records.
    beside = write_beside(predicted, to.parent, force=force)
    if as_json:
        print_json(predicted.document())
    else:
        print_predictions(predicted, to, *beside)
