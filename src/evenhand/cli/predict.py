"""`evenhand predict`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenhand.cli.options import Json, RecordPath


def predict(
    record: RecordPath,
    source: Annotated[
        Path, typer.Argument(help="A folder, a zip, a file or a record (some/100) of new data.", show_default=False)
    ],
    to: Annotated[Path, typer.Option("--to", help="CSV or Parquet file to write.")] = Path("predictions.csv"),
    model: Annotated[
        str | None, typer.Option("--model", help="A model or ensemble:METHOD; without one, the run's best.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Classify new data with the models of a run, and say per row how sure that is."""
    from evenhand.base.files import to_json
    from evenhand.cli.progress import watching
    from evenhand.cli.tables import print_predictions
    from evenhand.pipeline.predict import predict as classify
    from evenhand.pipeline.predict import write_beside, write_table

    with watching() as watcher:
        predicted = classify(record, source, model=model, watcher=watcher)
    write_table(predicted, to)
    beside = write_beside(predicted, to.parent)
    if as_json:
        typer.echo(to_json(predicted.document(), indent=1))
    else:
        print_predictions(predicted, to, *beside)
