"""`report`: the HTML report of a record, with thumbnails if the data can still be read."""

from __future__ import annotations

from pathlib import Path

from evenhand.base.errors import EvenhandError
from evenhand.base.storage.record import Record
from evenhand.data.config import DataConfig
from evenhand.data.roots.root import root_of
from evenhand.modalities import KINDS
from evenhand.modalities.recorded_files import recorded_picture
from evenhand.pipeline.resuming.report_gaps import report_gaps
from evenhand.reporting.sections import Picture
from evenhand.reporting.write_html import write_report as write


def report(record: str | Path | Record, *, side: int = 128) -> Path:
    """Write report.html into a record, from the record alone, and return its path.

    It says which files of the record are missing, and which predictions of tasks are damaged (`report_gaps`).

    Parameters
    ----------
    record
        A run's folder, finished or not.
    side
        Longer side of thumbnails, px. A row whose file is gone, or no longer what the run read, has none.

    Raises
    ------
    RecordError
        If the folder is not a record.
    """
    run = Record.open(record)
    return write(run, _pictures(run, side), report_gaps(run))


def _pictures(run: Record, side: int) -> Picture:
    """Return a function from id to thumbnail, or to None if the data are not available."""
    data = run.data()
    try:
        resolved, kind = run.resolved(), KINDS.get(data["kind"])
        root, frame = root_of(DataConfig.model_validate(resolved["data"])), run.samples().frame
        section = kind.config.model_validate(resolved.get(kind.name, {}))
        kind = kind.configured(section)
    except (EvenhandError, KeyError, ValueError):
        return lambda _: None
    names = [str(name) for name in frame.columns]
    positions = {str(name): position for position, name in enumerate(frame["id"])}

    def picture(row: str) -> str | None:
        try:
            cells = dict(zip(names, frame.iloc[positions[row]], strict=True))
            return recorded_picture(kind, section, root, cells, side)
        except (EvenhandError, KeyError, OSError):  # nor has one of a disk that fails: its figures are there
            return None

    return picture
