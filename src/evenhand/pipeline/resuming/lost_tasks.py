"""The tasks of a finished run that are lost: no other file lists them, so that nothing else misses them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from evenhand.base.errors import RecordError
from evenhand.base.storage.files.links import glob_inside
from evenhand.base.storage.manifest import read_manifest
from evenhand.base.storage.record import Record
from evenhand.base.storage.record_format import notes_checksums
from evenhand.base.storage.sealed_json import SealError, read_sealed
from evenhand.models.baseline import LOGISTIC_REGRESSION
from evenhand.training.tasks.task_files import SOUP, TASK

LOST_TASK = "is missing, though the run is finished"


def lost_tasks(record: Record) -> tuple[str, ...]:
    """Return what is not there of the tasks of a run that was finished: names below its folder, "/" between parts.

    Where a whole folder is lost it stands for what was in it. Nothing for a run that is not finished, for one of a
    version before checksums, and where the files that name the tasks are damaged.
    """
    was_finished = record.finished or "scores.json" in read_manifest(record.path).marks
    if not was_finished or not notes_checksums(record.path):
        return ()
    return tuple(_lost(record))


def lost_files(record: Record) -> tuple[str, ...]:
    """Return what `lost_tasks` does, and the missing files that documents of tasks and soups list."""
    lost = list(lost_tasks(record))
    for document in task_documents(record):
        with contextlib.suppress(SealError, OSError):  # damaged: whoever reads it says so
            for name in read_sealed(document).marks:
                place = Path(os.path.relpath(document.parent / name, record.path)).as_posix()
                if not os.path.lexists(record.path / place):
                    lost.append(place)
    return tuple(dict.fromkeys(lost))


def task_documents(record: Record) -> Iterator[Path]:
    """Yield the documents of the tasks and soups of a record, sorted; links that lead out of it are left out."""
    for name in (TASK, SOUP):
        for path in glob_inside(record.path, "models", "*", "fold*", "*", name):
            if path.is_file():
                yield path


def _lost(record: Record) -> Iterator[str]:
    with contextlib.suppress(RecordError):  # what names the tasks is damaged, which is said where it is read
        of_rows = record.folds().fold
        folds = np.unique(of_rows[of_rows >= 0])
        resolved = record.resolved()
        for model in resolved.get("model", []):
            seeds = model.get("seeds", [0])
            train = {**resolved.get("train", {}), **model.get("train", {})}
            documents = [f"seed{seed}/{TASK}" for seed in seeds]
            if len(seeds) > 1 and train.get("soup", "none") != "none":
                documents.append(f"soup/{SOUP}")
            yield from _of_model(record, model["name"], folds, documents)
        named = {model["name"] for model in resolved.get("model", [])}
        if LOGISTIC_REGRESSION in record.json("scores.json").get("scores", {}) and LOGISTIC_REGRESSION not in named:
            yield from _of_model(record, LOGISTIC_REGRESSION, folds, [f"seed0/{TASK}"])


def _of_model(record: Record, model: str, folds: np.ndarray, documents: list[str]) -> Iterator[str]:
    own = f"models/{model}"
    if not os.path.lexists(record.inside(own)):
        yield own
        return
    for place in (f"{own}/fold{fold}" for fold in folds):
        if not os.path.lexists(record.path / place):
            yield place
        else:
            yield from (name for one in documents if not os.path.lexists(record.path / (name := f"{place}/{one}")))
