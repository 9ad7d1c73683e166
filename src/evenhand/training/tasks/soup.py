"""Model soup of one model on one fold: its seeds averaged into one network, kept where that scores better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import torch

from evenhand.balance.correction.unsmoothing import Unsmoothing, corrected
from evenhand.base.errors import TaskError
from evenhand.base.storage.files.atomic import plain
from evenhand.base.values import Floats
from evenhand.data.store.store import StorePlace
from evenhand.models.io.network_files import save_network
from evenhand.models.io.tensor_io import read_arrays
from evenhand.models.network import Network
from evenhand.training.device_faults import on_device
from evenhand.training.loop.determinism import forked_rng
from evenhand.training.loop.fit_spec import FitSpec
from evenhand.training.loop.fit_state import FitState, trained_tensors
from evenhand.training.loop.loop import validate_refreshed
from evenhand.training.monitor.scorer import Score
from evenhand.training.optim.weight_averaging import Weights, copy_into
from evenhand.training.tasks.context import TaskContext, TaskRows
from evenhand.training.tasks.fit_fold import task_spec
from evenhand.training.tasks.head_outputs import finish_head, finishes, write_codes
from evenhand.training.tasks.memory_advice import training_advice
from evenhand.training.tasks.notes import Report
from evenhand.training.tasks.numerics import numerics
from evenhand.training.tasks.predictions_file import Correct, score_of, write_predictions
from evenhand.training.tasks.task_files import (
    PREDICTIONS,
    SOUP,
    discard,
    summary_of,
    task_table,
    why_not_done,
    write_task,
)


@dataclass(frozen=True)
class Soup:
    """A soup that was tried.

    Attributes
    ----------
    members
        Positions of its members.
    score
        Its score on the validation rows; the network of the spec holds its weights.
    """

    members: tuple[int, ...]
    score: Score


def make_soup(
    spec: FitSpec, members: Sequence[Weights], values: Sequence[float], how: Literal["uniform", "greedy"]
) -> Soup | None:
    """Return a soup of the last stage's weights, left in the network of the spec; None where one member is best.

    "uniform" takes all members. "greedy" begins with the best and adds each next one that does not lower the score
    (Wortsman et al. 2022, algorithm 1). Batch statistics are estimated anew for each average.

    Parameters
    ----------
    members
        Weights by name, of fits with one initialisation on the same rows.
    values
        Score of each member alone.
    """
    state = FitState(spec)
    with forked_rng(spec.device):
        state.enter_stage(len(spec.stages) - 1)
        if how == "uniform":
            taken = list(range(len(members)))
            _score_average(state, members)
        else:
            taken = _greedy(state, members, values)
    if len(taken) < 2 or state.best is None:
        return None
    return Soup(tuple(taken), state.finish(None).score)


def mean_weights(members: Sequence[Weights]) -> Weights:
    """Return the mean of weights; integer tensors (counters) are the first member's."""
    return {
        name: torch.stack([member[name] for member in members]).mean(dim=0)
        if tensor.is_floating_point()
        else tensor
        for name, tensor in members[0].items()
    }


def _greedy(state: FitState, members: Sequence[Weights], values: Sequence[float]) -> list[int]:
    """Return the members that a greedy soup takes; it becomes the best of the state, None for a single member."""
    order = sorted(range(len(members)), key=lambda member: -values[member])
    taken, best, best_average = [order[0]], values[order[0]], None
    for member in order[1:]:
        score = _score_average(state, [members[m] for m in (*taken, member)])
        if score >= best:
            taken, best, best_average = [*taken, member], score, state.best
    state.best = best_average
    return taken


def _score_average(state: FitState, members: Sequence[Weights]) -> float:
    """Return the validation score of averaged weights, which become the best of the state."""
    copy_into(state.trained, mean_weights(members))
    # The average is to be kept whatever was best before: `_greedy` compares it with its own best.
    state.best = None
    return validate_refreshed(state, "soup").score.value


@on_device(training_advice)
def run_soup(
    record: str, store: StorePlace, model: str, fold: int, threads: int, progress: Report | None = None
) -> dict[str, Any]:
    """Average the weights of a model's seeds on one fold; keep the soup where it scores better.

    That is better than the best seed alone *and* than the mean of all seeds' probabilities, which it replaces.
    Writes soup/soup.json into the fold's folder, and weights.safetensors and predictions.parquet beside it where
    the soup is kept. Returns at once where the soup was tried before; one that was damaged since is made again.

    Parameters
    ----------
    progress
        Called with {"message": words} where a soup is damaged.

    Returns
    -------
    The content of soup.json: kept, members (seeds), score, and the scores it had to beat: alone, mean.

    Raises
    ------
    TaskError
        If a seed is not trained yet.
    """
    context = TaskContext.of(record, store, model)
    folder = soup_folder(context, fold)
    damage = why_not_done(folder, SOUP)
    if damage == "":
        return summary_of(folder, SOUP)
    if damage and progress is not None:
        progress({"message": f"{damage}. The weights are averaged again."})
    discard(folder, SOUP)
    with numerics(context, threads):
        found = _soup(context, fold, folder, progress)
    write_task(folder, found, context.shared, SOUP)
    return found


def soup_folder(context: TaskContext, fold: int) -> Path:
    """Return the folder of a fold's soup."""
    # of any seed: only the folder of the fold is wanted
    return context.record.task_folder(context.model.name, fold, 0).parent / "soup"


def _soup(context: TaskContext, fold: int, folder: Path, progress: Report | None) -> dict[str, Any]:
    how, seeds = context.train.soup, _last_stage_seeds(context, fold)
    out: dict[str, Any] = {"model": context.model.name, "fold": fold, "kept": False, "members": []}
    parts = context.parts(fold)
    if how == "none" or len(seeds) < 2 or not len(parts.scored):
        return out
    shift, unsmoothing = _shift(context, fold, seeds), _unsmoothing(context, fold, seeds)
    key = ("soup", context.model.name, fold)
    spec = task_spec(context, parts, key, seeds[0], pretrain=False, progress=progress)
    spec = _with_correction(spec, shift, unsmoothing)
    alone = [float(_summary(context, fold, seed)["score"]) for seed in seeds]
    soup = make_soup(spec, [_weights(context, fold, seed, spec) for seed in seeds], alone, how)
    mean = _written_score(context, fold, context.model.seeds, parts, spec)
    if finishes(spec):  # its fits were scored before the last step of the head, and the mean after it
        alone = [_written_score(context, fold, [seed], parts, spec) for seed in seeds]
    out |= {"alone": max(alone), "mean": mean}
    if soup is None:
        return out
    correct = partial(corrected, shift=shift, unsmoothing=unsmoothing)
    value = _finished_score(spec, parts, correct) if finishes(spec) else soup.score.value
    out |= {"score": value, "members": [seeds[member] for member in soup.members]}
    if value > max(*alone, mean):
        _write(context, folder, spec, parts, correct)
        out |= {"kept": True, "correction": plain(shift)}
        out |= {} if unsmoothing is None else {"unsmoothing": unsmoothing.document()}
    return out


def _write(context: TaskContext, folder: Path, spec: FitSpec, parts: TaskRows, correct: Correct) -> None:
    network, last = cast(Network, spec.network), len(spec.stages) - 1
    save_network(folder / "weights.safetensors", network, context.samples.k, shared=context.shared)
    write_codes(folder / "codes.parquet", context, spec, parts, last)
    write_predictions(folder / "predictions.parquet", context, spec, parts, last, correct)


def _last_stage_seeds(context: TaskContext, fold: int) -> list[int]:
    """Return the seeds whose best weights are from the last stage; those of other stages do not average."""
    last = max(len(context.train.stage), 1) - 1
    return [seed for seed in context.model.seeds if _summary(context, fold, seed)["stage"] == last]


def _summary(context: TaskContext, fold: int, seed: int) -> dict[str, Any]:
    folder = context.record.task_folder(context.model.name, fold, seed)
    if not (folder / PREDICTIONS).is_file():
        raise TaskError(f"Model {context.model.name}, fold {fold}: seed {seed} is not trained yet.")
    return summary_of(folder)


def _weights(context: TaskContext, fold: int, seed: int, spec: FitSpec) -> Weights:
    path = context.record.task_folder(context.model.name, fold, seed) / "weights.safetensors"
    arrays = read_arrays(path)
    return {name: arrays[name].to(spec.device) for name in trained_tensors(spec)}


def _shift(context: TaskContext, fold: int, seeds: Sequence[int]) -> Floats | None:
    """Return (k,) the mean logit shift of the seeds: to first order, averaging weights averages logits."""
    found = [_summary(context, fold, seed)["correction"] for seed in seeds]
    if all(shift is None for shift in found):
        return None
    none = np.zeros(context.samples.k)
    return np.asarray(np.mean([none if shift is None else shift for shift in found], axis=0))


def _unsmoothing(context: TaskContext, fold: int, seeds: Sequence[int]) -> Unsmoothing | None:
    """Return the unsmoothing of a soup: that of its seeds, with the mean of their leans."""
    found = [Unsmoothing.of(_summary(context, fold, seed).get("unsmoothing")) for seed in seeds]
    own = [one for one in found if one is not None]
    return replace(own[0], lean=np.mean([one.lean for one in own], axis=0)) if own else None


def _with_correction(spec: FitSpec, shift: Floats | None, unsmoothing: Unsmoothing | None) -> FitSpec:
    """Return the spec with the mean correction of the seeds.

    The score selects: averaged weights are often less confident, so that their loss says little about them.
    """
    *before, last = spec.stages
    balance = (
        None
        if last.balance is None
        else replace(last.balance, correction=lambda epoch: shift, unsmoothing=lambda epoch: unsmoothing)
    )
    train = spec.train.model_copy(update={"choose_by": "score"})
    return replace(spec, stages=(*before, replace(last, balance=balance)), train=train)


def _finished_score(spec: FitSpec, parts: TaskRows, correct: Correct) -> float:
    """Return the score of the network on the validation rows after the last step of its head."""
    last = len(spec.stages) - 1
    finish_head(spec, last)
    return score_of(spec, last, parts.scored, correct).value


def _written_score(context: TaskContext, fold: int, seeds: Sequence[int], parts: TaskRows, spec: FitSpec) -> float:
    """Return the score of the mean of some seeds' probabilities on the validation rows."""
    columns = [f"p:{name}" for name in context.samples.classes]
    tables = []
    for seed in seeds:
        folder = context.record.task_folder(context.model.name, fold, seed)
        table = task_table(folder).set_index("id")
        tables.append(table.loc[context.samples.ids[parts.scored], columns].to_numpy())
    return spec.scorer(np.mean(tables, axis=0)).value
