"""`evenhand doctor`."""

from __future__ import annotations

import typer

from evenhand.cli.console import print_json, print_line
from evenhand.cli.options import Json, LogColumns, RecordPath, columns_of_logs


def doctor(record: RecordPath, column: LogColumns = None, as_json: Json = False) -> None:
    """Show what is wrong with a run: data, balance, trainings; only its record is needed.

    The exit code is 1 if a finding is an error.
    """
    from evenhand.base.storage.record import Record
    from evenhand.cli.tables.losses import losses_sentence
    from evenhand.cli.tables.tables import print_examination
    from evenhand.curves.logs.read_log import is_log
    from evenhand.pipeline.resuming.lost_tasks import lost_tasks
    from evenhand.pipeline.verbs.doctor import doctor

    found = doctor(record, columns=columns_of_logs(column))
    lost = () if is_log(record) else lost_tasks(Record.open(record))
    if as_json:
        print_json({**found.document(), **({"lost": list(lost)} if lost else {})})
    else:
        print_examination(found)
        if lost:
            print_line(losses_sentence(record, lost))
    raise typer.Exit(1 if found.worst == "error" else 0)
