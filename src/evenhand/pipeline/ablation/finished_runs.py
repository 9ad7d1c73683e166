"""The finished record of a configuration and its data, so that a row of an ablation is not run twice."""

from __future__ import annotations

import contextlib
from pathlib import Path

from evenhand.base.errors import RecordError
from evenhand.base.storage.environment import environment
from evenhand.base.storage.record import Record, records
from evenhand.pipeline.stages.execution.progress import Silent
from evenhand.pipeline.stages.source import deciding, fingerprint, read
from evenhand.settings.load import Settings


def finished_run(settings: Settings) -> Record | None:
    """Return the newest complete record of this configuration, these data and these versions, or None.

    The data are read only if there is a record of the configuration.
    """
    resolved = settings.resolved()
    found = [record for record in reversed(records(Path(settings.output))) if _is_of(record, deciding(resolved))]
    if not found:
        return None
    source = read(settings, Silent())
    second = source.generalization
    mark = fingerprint(resolved, source.samples, None if second is None else second.samples)
    return next((record for record in found if record.data().get("fingerprint") == mark), None)


def _is_of(record: Record, wanted: dict[str, object]) -> bool:
    """Return whether a record is complete and was made by the same configuration and versions."""
    with contextlib.suppress(RecordError, AttributeError, KeyError, TypeError):
        return record.complete and _versions(record) == _here() and deciding(record.resolved()) == wanted
    return False


def _versions(record: Record) -> tuple[object, object]:
    document = record.json("environment.json")
    return document["python"], document["packages"]


def _here() -> tuple[object, object]:
    # Other versions of torch or NumPy give other last bits, and rows must differ by their change alone.
    now = environment()
    return now["python"], now["packages"]
