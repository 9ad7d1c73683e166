"""The part of `evenhand predict` that prints predictions while rows arrive."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from evenhand.cli.console import print_error, print_json_line


def print_stream(
    record: Path,
    source: str | None,
    *,
    model: str | None,
    planned: int | None,
    precision: float | None,
    until_idle: float | None,
    strict: bool,
    store: Path | None,
) -> None:
    """Print one JSON line for each line of standard input, or of a file that may grow, as soon as it is there.

    Ends with 1 if lines could not be used.
    """
    from evenhand.base.errors import EvenhandError
    from evenhand.base.storage.record import Record
    from evenhand.data.roots.root import given_path
    from evenhand.pipeline.streaming.predict_stream import predict_stream
    from evenhand.pipeline.streaming.text_lines import followed, lines_of
    from evenhand.settings.load import load

    piped = source is None or source == "-"
    if until_idle is not None and (piped or not until_idle > 0):
        raise EvenhandError(
            "--until-idle is a time above 0 in seconds, and belongs to a file; a pipe ends by itself."
        )
    lines = (
        lines_of(sys.stdin.buffer)
        if source is None or piped
        else followed(given_path(source), until_idle=until_idle)
    )
    results = predict_stream(
        record, lines, model=model, planned=planned, precision=precision, strict=strict, store=store
    )
    several = load(Record.open(record).resolved()).data.several
    faults = 0
    try:
        for result in results:
            print_json_line(result.document(several=several))
            faults += bool(result.fault)
    except KeyboardInterrupt:  # how one stops following a file
        print_error("Stopped.")
    if faults:
        print_error(
            f'{faults:,} {"line" if faults == 1 else "lines"} could not be used; see "fault" in their places.'
        )
        raise typer.Exit(1)
