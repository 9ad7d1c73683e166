"""What a report has to say about its record: the files that are missing, and damaged ones that it does not read."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from evenhand.base.storage.files.checksums import FileMark, has_mark
from evenhand.base.storage.files.links import leads_out
from evenhand.base.storage.record import Record
from evenhand.base.storage.sealed_json import SealError, read_sealed
from evenhand.pipeline.resuming.lost_tasks import lost_files, task_documents
from evenhand.reporting.record_contents import Gaps
from evenhand.training.tasks.task_files import CODES, PREDICTIONS

_COMPARED = (PREDICTIONS, CODES)
"""Files of a task whose figures a report shows as the run computed them. Weights, which are large, are not read."""


def report_gaps(record: Record) -> Gaps:
    """Return what is missing from a record, and which predictions and codes of its tasks are damaged."""
    missing = [name for name in (*record.missing(), *lost_files(record)) if name != "report.html"]
    damaged = []
    for document in task_documents(record):
        # a damaged document ends the report where its log is read
        with contextlib.suppress(SealError, OSError):
            for name, mark in read_sealed(document).marks.items():
                path = document.parent / name
                if (
                    name in _COMPARED
                    and os.path.lexists(path)
                    and (leads_out(path, record.path) or _other(path, mark))
                ):
                    damaged.append(Path(os.path.relpath(path, record.path)).as_posix())
    return Gaps(tuple(dict.fromkeys(missing)), tuple(damaged))


def _other(path: Path, mark: FileMark) -> bool:
    try:
        return not has_mark(path, mark)
    except OSError:  # a folder, a device
        return True
