"""The soup of one model on one fold: its seeds averaged into one network, kept where that is better."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from evenhand.balance.unsmoothing import Unsmoothing, corrected
from evenhand.base.errors import TaskError
from evenhand.base.storage.atomic import plain, write_json
from evenhand.base.values import Floats
from evenhand.models.io.network_files import save_network
from evenhand.models.io.tensor_io import read_arrays
from evenhand.models.network import Network
from evenhand.training.assignment import Assignment, Parts
from evenhand.training.averaging import Weights
from evenhand.training.job import Job
from evenhand.training.randomness import deterministic
from evenhand.training.run import trained_tensors
from evenhand.training.soup import stir
from evenhand.training.task import summary_of, task_job
from evenhand.training.written import Correct, write_predictions


def run_soup(record: str, store: str, model: str, fold: int, threads: int) -> dict[str, Any]:
    """Average the weights that a model's seeds reached on one fold; keep the soup where it is better.

    Better than the best seed alone *and* than the mean of all seeds' probabilities, which is what it replaces.
    Writes soup/soup.json into the fold's folder, and weights.safetensors and predictions.parquet beside it where
    the soup is kept. Returns at once where it is done already.

    Returns
    -------
    The content of soup.json: kept, members (seeds), score, and the scores it had to beat: alone, mean.

    Raises
    ------
    TaskError
        If a seed is not trained yet.
    """
    assignment = Assignment.of(record, store, model)
    folder = soup_folder(assignment, fold)
    if (folder / "soup.json").is_file():
        return dict(json.loads((folder / "soup.json").read_text(encoding="utf-8")))
    with deterministic(threads):
        found = _soup(assignment, fold, folder)
    write_json(folder / "soup.json", found)
    return found


def soup_folder(assignment: Assignment, fold: int) -> Path:
    """Return where the soup of a fold lies."""
    return assignment.record.task_folder(assignment.model.name, fold, 0).parent / "soup"


def _soup(assignment: Assignment, fold: int, folder: Path) -> dict[str, Any]:
    how, seeds = assignment.train.soup, _last_stage_seeds(assignment, fold)
    out: dict[str, Any] = {"model": assignment.model.name, "fold": fold, "kept": False, "members": []}
    parts = assignment.parts(fold)
    if how == "none" or len(seeds) < 2 or not len(parts.judge):
        return out
    shift, unsmoothing = _shift(assignment, fold, seeds), _unsmoothing(assignment, fold, seeds)
    job = task_job(assignment, parts, ("soup", assignment.model.name, fold), seeds[0])
    job = _judged(job, shift, unsmoothing)
    alone = [float(_summary(assignment, fold, seed)["score"]) for seed in seeds]
    soup = stir(job, [_weights(assignment, fold, seed, job) for seed in seeds], alone, how)
    mean = _mean_score(assignment, fold, parts, job)
    out |= {"alone": max(alone), "mean": mean}
    if soup is None:
        return out
    out |= {"score": soup.score.value, "members": [seeds[member] for member in soup.members]}
    if soup.score.value > max(*alone, mean):
        _write(assignment, folder, job, parts, partial(corrected, shift=shift, unsmoothing=unsmoothing))
        out |= {"kept": True, "correction": plain(shift)}
        out |= {} if unsmoothing is None else {"unsmoothing": unsmoothing.document()}
    return out


def _write(assignment: Assignment, folder: Path, job: Job, parts: Parts, correct: Correct) -> None:
    network = cast(Network, job.network)
    save_network(folder / "weights.safetensors", network, assignment.samples.k, shared=assignment.shared)
    write_predictions(folder / "predictions.parquet", assignment, job, parts, len(job.stages) - 1, correct)


def _last_stage_seeds(assignment: Assignment, fold: int) -> list[int]:
    """Return the seeds whose best weights are from the last stage: others are not alike."""
    last = max(len(assignment.train.stage), 1) - 1
    return [seed for seed in assignment.model.seeds if _summary(assignment, fold, seed)["stage"] == last]


def _summary(assignment: Assignment, fold: int, seed: int) -> dict[str, Any]:
    folder = assignment.record.task_folder(assignment.model.name, fold, seed)
    if not (folder / "predictions.parquet").is_file():
        raise TaskError(f"Model {assignment.model.name}, fold {fold}: seed {seed} is not trained yet.")
    return summary_of(folder)


def _weights(assignment: Assignment, fold: int, seed: int, job: Job) -> Weights:
    path = assignment.record.task_folder(assignment.model.name, fold, seed) / "weights.safetensors"
    arrays = read_arrays(path)
    return {name: arrays[name].to(job.device) for name in trained_tensors(job)}


def _shift(assignment: Assignment, fold: int, seeds: Sequence[int]) -> Floats | None:
    """Return (k,) the mean of what is added to the logits of the seeds: logits average as weights nearly do."""
    found = [_summary(assignment, fold, seed)["correction"] for seed in seeds]
    if all(shift is None for shift in found):
        return None
    none = np.zeros(assignment.samples.k)
    return np.asarray(np.mean([none if shift is None else shift for shift in found], axis=0))


def _unsmoothing(assignment: Assignment, fold: int, seeds: Sequence[int]) -> Unsmoothing | None:
    """Return what is taken off the logits of a soup: that of its seeds, with the mean of their leans."""
    found = [Unsmoothing.of(_summary(assignment, fold, seed).get("unsmoothing")) for seed in seeds]
    own = [one for one in found if one is not None]
    return replace(own[0], lean=np.mean([one.lean for one in own], axis=0)) if own else None


def _judged(job: Job, shift: Floats | None, unsmoothing: Unsmoothing | None) -> Job:
    """Return the job with the seeds' correction; the score decides, as a mixture's loss says little of it."""
    *before, last = job.stages
    balance = (
        None
        if last.balance is None
        else replace(last.balance, correction=lambda epoch: shift, unsmoothing=lambda epoch: unsmoothing)
    )
    train = job.train.model_copy(update={"choose_by": "score"})
    return replace(job, stages=(*before, replace(last, balance=balance)), train=train)


def _mean_score(assignment: Assignment, fold: int, parts: Parts, job: Job) -> float:
    """Return the score of the mean of all seeds' probabilities on the judged rows."""
    columns = [f"p:{name}" for name in assignment.samples.classes]
    tables = []
    for seed in assignment.model.seeds:
        folder = assignment.record.task_folder(assignment.model.name, fold, seed)
        table = pd.read_parquet(folder / "predictions.parquet").set_index("id")
        tables.append(table.loc[assignment.samples.ids[parts.judge], columns].to_numpy())
    return job.scorer(np.mean(tables, axis=0)).value
