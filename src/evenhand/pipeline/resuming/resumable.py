"""The record that a run resumes: an unfinished one of its configuration and data, or a finished one with losses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from evenhand.base.errors import RecordError
from evenhand.base.storage.manifest import MANIFEST, read_manifest
from evenhand.base.storage.record import Record, records
from evenhand.base.storage.record_folder import INPUTS
from evenhand.base.storage.record_format import manifest_is_lost, notes_checksums
from evenhand.pipeline.resuming.lost_tasks import lost_files, task_documents
from evenhand.pipeline.stages.execution.progress import Watcher
from evenhand.training.tasks.task_files import why_not_done

OF_DATA = ("skew.json", "examination.json", "balance.json", "reading.json", "findings.jsonl")
"""Results about the data, which `run` makes again with the folds."""
RESULTS = (
    *OF_DATA,
    "floor.parquet",
    "predictions.parquet",
    "test_opened.json",
    "evaluation.json",
    "suspected_labels.csv",
    "ensemble.json",
    "nested_evaluation.json",
    "scores.json",
    "code_bits.json",
    "neighbours.json",
)
"""What `run` makes from tasks, and makes again where it is lost; other verbs write further files."""
_MOST_NAMED = 5


def resumable(output: Path, fingerprint: str, on_damage: Callable[[str], None] = lambda _: None) -> Record | None:
    """Return the newest unfinished record of the same configuration and data, or None.

    Where there is none, the newest finished one that has lost something which can be made again. A record whose
    rows or configuration are lost cannot be resumed and is skipped.

    Parameters
    ----------
    on_damage
        Called with a sentence for each record that is skipped because a file of it is damaged or missing.
    """
    newest_first = list(reversed(records(output)))
    for record in sorted(newest_first, key=lambda one: one.complete):
        complete = record.complete
        try:
            data = record.data()
            if data["fingerprint"] != fingerprint or (complete and not losses(record)):
                continue
            if not (record.has_rows(data) or record.wrote("samples.parquet")):
                continue  # its process was killed before it had any, in a version that made records step by step
            record.resolved(), record.samples(), record.generalization()
            if record.has_rows(data):
                return record
        except KeyError:
            continue
        except RecordError as error:
            if not complete:
                on_damage(f"A record that is not finished cannot be resumed. {error}")
    return None


def losses(record: Record) -> tuple[str, ...]:
    """Return what of a finished run is lost or damaged and can be made again: each completes "RECORD: …".

    Nothing for records of versions before checksums. Every file of every task is compared with its checksum.
    """
    if not notes_checksums(record.path):
        return ()
    noted = read_manifest(record.path).marks
    missing = [f"{name} is missing" for name in RESULTS if name in noted and not record.has(name)]
    damaged = [f"{name} is damaged" for name in RESULTS if record.has(name) and not record.sound(name)]
    lost = [f"{name} is missing" for name in lost_files(record)]
    found = {
        path.parent.relative_to(record.path): why_not_done(path.parent, path.name)
        for path in task_documents(record)
    }
    bad = [f"{folder}/{why}" for folder, why in found.items() if why]
    return (*missing, *damaged, *lost, *bad)


def discard_damaged(record: Record, watcher: Watcher) -> None:
    """Remove results that do not match their checksums, so that all are made again.

    With them, or where tasks or results of a finished run are lost, the scores: the run is then unfinished.
    """
    if manifest_is_lost(record.path):
        watcher.message(
            f"{record.path}: {MANIFEST} is missing, though it was written: its files are read unchecked."
        )
    # What is lost is looked for first, as files that are removed here would be lost too.
    lost = losses(record) if record.finished else ()
    written = [name for name in read_manifest(record.path).marks if name not in (*INPUTS, *OF_DATA)]
    damaged = [name for name in written if record.has(name) and not record.sound(name)]
    for name in dict.fromkeys([*damaged, *(["scores.json"] if damaged or lost else [])]):
        (record.path / name).unlink(missing_ok=True)
    if lost:
        shown = ", ".join(lost[:_MOST_NAMED]) + (
            f" and {len(lost) - _MOST_NAMED:,} more" if len(lost) > _MOST_NAMED else ""
        )
        watcher.message(f"{record.path}: was finished, but {shown}; made again. --fresh starts a new record.")
    elif damaged:
        watcher.message(f"{record.path}: {', '.join(damaged)} damaged; what the run computes is made again.")
