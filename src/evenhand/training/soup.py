"""Weight soups: the weights of like fits averaged into one network that costs no more than one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch

from evenhand.training.averaging import Weights, put
from evenhand.training.job import Job, Score
from evenhand.training.loop import judge_refreshed
from evenhand.training.randomness import own_randomness
from evenhand.training.run import Run


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
