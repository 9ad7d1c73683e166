"""EH304: a learning rate at which nothing is learned."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from evenhand.base.values import Floats
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.evidence.training_history import Line, TrainingHistory, by_model, fits, numbers, own_word
from evenhand.diagnosis.rule import Found, rule


@rule(
    "EH304",
    slug="rate-too-high",
    severity="warning",
    needs=("histories", "class_priors"),
    after=("EH311", "EH202", "EH121"),
)
def check(
    evidence: Evidence,
    *,
    epochs: int = 3,
    steps: int = 20,
    near: float = 0.5,
    learned: float = 0.85,
    wrong: float = 2.0,
    moved: float = 0.15,
    half: float = 0.5,
) -> Iterator[Found]:
    """Find trainings that learn nothing while their learning rate is high, because their steps are too large.

    What it checks: the epochs after the warm-up whose learning rate is at least `near` of the highest, where they
    are `epochs` or more and have `steps` steps. In all of them the cross-entropy of the training rows is at least
    `learned` of what guessing by the effective prior costs: nothing was fitted, let alone overfitted. And in more
    than `half` of them either the cross-entropy of the validation rows is `wrong` times that of guessing, by the
    prior and at equal chances (a network that has learned nothing is sure of its answers), or a single step moves
    the weights by `moved` of their norm or more. It fires where that holds in more than `half` of a model's fits.

    Why it matters: the weights are thrown about instead of descending. The epochs at the end, with a low rate,
    start from weights that are larger than those of the beginning and no better.

    What to do: try a tenth of the learning rate (the patch), then a third; a longer warm-up, train.clip.

    Limits: a rate that is too high for the best result, and still learns, is not seen: that takes a trial of a
    lower one. Not applicable where several labels may hold for a row, or to logs of other programs, which lack
    these figures. Validation rows that are unlike the training rows have a high cross-entropy too (EH110).

    Example: `net, in 2 of 2 fits (first: fold 0, seed 0): learning rate 0.3 is too high: in epochs 2 to 6 the
    training rows cost 1.26 nats (guessing: 1.21), and the validation rows up to 23.8.`
    """
    for model, histories in by_model(evidence.histories or ()).items():
        found = [
            (history, hit)
            for history in histories
            if (hit := too_high(history, epochs, steps, near, learned, wrong, moved, half)) is not None
        ]
        if len(found) <= half * len(histories):
            continue
        history, hit = found[0]
        rate = float(history.train.get("learning_rate") or hit.rate)
        yield Found(
            message=f"{fits([one for one, _ in found], histories)}: learning rate {rate:.3g} is too high: in "
            f"epochs {hit.first} to {hit.last} the training rows cost {_words(hit.train)} nats (guessing: "
            f"{_words(hit.guess)}), {hit.words}.",
            about=model,
            evidence={
                "learning_rate": rate,
                "train": [one.train for _, one in found],
                "guessing": [one.guess for _, one in found],
                "validation": [one.worst for _, one in found],
                "update": [one.update for _, one in found],
                "blames": "optimisation",
            },
            patch={f"model.{model}.train.learning_rate": float(f"{rate / 10:.3g}")},
        )


@dataclass(frozen=True)
class RateTooHigh:
    """Epochs (counted from 1) in which nothing was learned: costs in nats, and the largest relative update."""

    first: int
    last: int
    rate: float
    train: float | None
    guess: float | None
    worst: float | None
    update: float | None
    by_loss: bool

    @property
    def words(self) -> str:
        """What shows it."""
        if self.by_loss:
            return f"and the validation rows {_words(self.worst, 'up to ')}"
        return f"and a step moves the weights by up to {self.update:.0%} of their norm"


def too_high(
    history: TrainingHistory,
    epochs: int,
    steps: int,
    near: float,
    learned: float,
    wrong: float,
    moved: float,
    half: float,
) -> RateTooHigh | None:
    """Return what the epochs of a high learning rate show, or None where they learned something."""
    hot = _hot(history, near)
    if history.log is not None or len(hot) < epochs or sum(int(line.get("steps") or 0) for line in hot) < steps:
        return None
    costs = np.array([_costs((line.get("sets") or {}).get("train"), history) for line in hot])
    held = np.array([_costs(own_word(line), history) for line in hot])
    # At equal chances too: with a low rate, a network is still near the outputs that it began with.
    limit = wrong * np.maximum(held[:, 1], math.log(max(history.k, 2)))
    update = np.array([(line.get("motion") or {}).get("update") or math.nan for line in hot], dtype=float)
    # A comparison with NaN is false: epochs without these figures accuse nobody.
    if not (costs[:, 0] >= learned * costs[:, 1]).all():
        return None
    sure, thrown = held[:, 0] >= limit, update >= moved
    if max(sure.mean(), thrown.mean()) <= half:
        return None
    return RateTooHigh(
        first=1 + int(hot[0].get("epoch") or 0),
        last=1 + int(hot[-1].get("epoch") or 0),
        rate=max(float(line.get("learning_rate") or 0.0) for line in hot),
        train=_finite(costs[:, 0]),
        guess=_finite(costs[:, 1]),
        worst=_finite(held[:, 0], largest=True),
        update=_finite(update, largest=True),
        by_loss=bool(sure.mean() > half),
    )


def _finite(values: Floats, *, largest: bool = False) -> float | None:
    """Return the mean, or the largest, of the finite values; None where there is none."""
    kept = values[np.isfinite(values)]
    return float(kept.max() if largest else kept.mean()) if len(kept) else None


def _words(value: float | None, before: str = "") -> str:
    return "more than can be computed" if value is None else f"{before}{value:.3g}"


def _hot(history: TrainingHistory, near: float) -> list[Line]:
    """Return the epochs after the warm-up, of the last stage, whose learning rate is near the highest."""
    own = [line for line in history.lines if line.get("stage") == history.lines[-1].get("stage")]
    warm = own[math.ceil(float(history.train.get("warmup_epochs", 1.0))) :]
    rates = [float(line.get("learning_rate") or 0.0) for line in warm]
    return [line for line, rate in zip(warm, rates, strict=True) if rate and rate >= near * max(rates)]


def _costs(statistics: Mapping[str, Any] | None, history: TrainingHistory) -> tuple[float, float]:
    """Return the cross-entropy of a set, in nats, and that of guessing by the prior; NaN where unknown."""
    found = (statistics or {}).get("information")
    share, mean = numbers(statistics, "share"), numbers(statistics, "probability")
    if not len(share) or len(share) != len(mean) or history.prior is None or history.prior.multi_label:
        return math.nan, math.nan
    held = share > 0
    with np.errstate(divide="ignore"):
        guess = -float((share[held] * np.log(history.prior.shares[held])).sum())
    if not math.isfinite(guess):
        return math.nan, math.nan
    if (mean[held] == 0).any():
        return math.inf, guess  # a class that occurs has no probability in any row
    # Information is the mean log ratio of a row's probability to the mean one of its class.
    own = math.nan if found is None else -(float(found) + float((share[held] * np.log(mean[held])).sum()))
    return own, guess
