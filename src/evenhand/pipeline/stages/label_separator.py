"""The separator between the labels of a cell, as the table of a run has it."""

from __future__ import annotations

from evenhand.base.storage.record import Record
from evenhand.settings.load import Settings


def label_separator(record: Record, settings: Settings) -> str:
    """Return the separator that the cells of the run's table showed, else that of the configuration."""
    # a note of reading (EH101) alone keeps it: the configuration says what was asked, not what was found
    shown = (finding.evidence.get("separator") for finding in record.findings())
    return next((str(found) for found in shown if found), settings.data.separator)


def with_label_separator(record: Record, settings: Settings) -> Settings:
    """Return the settings of a run with the separator that its table has."""
    data = settings.data.model_copy(update={"separator": label_separator(record, settings)})
    return settings.model_copy(update={"data": data})
