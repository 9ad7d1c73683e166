"""The soup of one model on one fold: its seeds averaged into one network, kept where that is better."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import pandas as pd
import torch

from evenhand.balance.correction.unsmoothing import Unsmoothing, corrected
from evenhand.base.errors import TaskError
from evenhand.base.storage.atomic import plain, write_json
from evenhand.base.values import Floats
from evenhand.models.io.network_files import save_network
from evenhand.models.io.tensor_io import read_arrays
from evenhand.models.network import Network
from evenhand.training.loop.determinism import deterministic, own_randomness
from evenhand.training.loop.fit_spec import Job
from evenhand.training.loop.fit_state import Run, trained_tensors
from evenhand.training.loop.loop import judge_refreshed
from evenhand.training.monitor.scorer import Score
from evenhand.training.optim.weight_averaging import Weights, put
from evenhand.training.tasks.context import Assignment, Parts
from evenhand.training.tasks.fit_fold import summary_of, task_job
from evenhand.training.tasks.predictions_file import Correct, write_predictions


@dataclass(frozen=True)
class Soup:
    """A soup that was tried.

    Attributes
    ----------
    members
        Positions of the members that are in it.
    score
        Its score on the judged rows; the network of the job holds its weights.
    """

    members: tuple[int, ...]
    score: Score


def stir(
    job: Job, members: Sequence[Weights], values: Sequence[float], how: Literal["uniform", "greedy"]
) -> Soup | None:
    """Return a soup of the last stage's weights, left in the network of the job; None where one alone is best.

    "uniform" takes all members. "greedy" begins with the best and takes each next one that does not lower the
    score (Wortsman et al. 2022, algorithm 1). Batch statistics are found anew for each mixture.

    Parameters
    ----------
    members
        Weights by name, of fits from one start on the same rows.
    values
        What each member scores alone.
    """
    run = Run(job)
    with own_randomness(job.device):
        run.enter(len(job.stages) - 1)
        order = sorted(range(len(members)), key=lambda member: -values[member])
        taken = _all(run, members) if how == "uniform" else _greedy(run, members, values, order)
    if len(taken) < 2 or run.best is None:
        return None
    return Soup(tuple(taken), run.finish(None).score)


def mean_weights(members: Sequence[Weights]) -> Weights:
    """Return the even mean of weights; what is not floating (counters) is the first member's."""
    return {
        name: torch.stack([member[name] for member in members]).mean(dim=0)
        if tensor.is_floating_point()
        else tensor
        for name, tensor in members[0].items()
    }


def _all(run: Run, members: Sequence[Weights]) -> list[int]:
    _taste(run, members)
    return list(range(len(members)))


def _greedy(run: Run, members: Sequence[Weights], values: Sequence[float], order: Sequence[int]) -> list[int]:
    taken, best, kept = [order[0]], values[order[0]], None
    for member in order[1:]:
        score = _taste(run, [members[m] for m in (*taken, member)])
        if score >= best:
            taken, best, kept = [*taken, member], score, run.best
    run.best = kept
    return taken


def _taste(run: Run, members: Sequence[Weights]) -> float:
    """Judge a mixture; it becomes the run's best whatever was before."""
    put(run.trained, mean_weights(members))
    run.best = None
    return judge_refreshed(run, "soup").score.value


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
