"""A fit in progress: everything that changes from epoch to epoch, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from evenhand.base.errors import TaskError
from evenhand.base.seeds import generator, seed_from
from evenhand.base.values import Ints
from evenhand.training.inputs.batch_order import arranged, batch_count, drawn, in_order, shuffled
from evenhand.training.loop.class_balance import Balance
from evenhand.training.loop.early_stopping import epochs_since_best, is_better, plateau_falls
from evenhand.training.loop.fit_spec import FitResult, FitSpec, FitStage, Trainable, softened
from evenhand.training.monitor.epoch_recorder import EpochRecorder
from evenhand.training.monitor.monitor import Monitor
from evenhand.training.monitor.scorer import Score
from evenhand.training.optim.optimizers import OptimizerStep
from evenhand.training.optim.precision import precision
from evenhand.training.optim.schedules import rate_factor
from evenhand.training.optim.weight_averaging import Average, Weights, copied, put


class Batch(NamedTuple):
    """Rows of one step: (b,) int64 positions, the same on the device, and a generator for what the step draws."""

    rows: Tensor
    at: Tensor
    draws: torch.Generator | None = None
    factor: float = 1.0


@dataclass(frozen=True, eq=False)
class BestWeights:
    """The best weights so far, and where they are from."""

    weights: Weights
    stage: int
    epoch: int
    form: str
    score: Score
    value: float
    loss: float


class FitState:
    """A fit in progress.

    Attributes
    ----------
    trained
        The live tensors that any stage trains, by name.
    stage, first, epoch
        Number of the stage, of its first epoch, and of the epoch that is fitted or was the last.
    lines, values
        The evidence of each epoch, and what it is worth (higher is better).
    best
        The best weights so far.
    descent, ema, swa
        The optimizer of the stage; the averages, where they are asked for.
    witness
        Takes down the epoch that is fitted.
    guard
        Looks at every epoch, or None.
    """

    module: nn.Module
    descent: OptimizerStep
    witness: EpochRecorder

    def __init__(self, spec: FitSpec, guard: Monitor | None = None) -> None:
        self.spec, self.guard = spec, guard
        self.precision = precision(spec.train.precision, spec.device)
        self.trained = trained_tensors(spec)
        self.stage, self.first, self.epoch = -1, 0, -1
        self.lines: list[dict[str, Any]] = []
        self.values: list[float] = []
        self.best: BestWeights | None = None
        self.ema: Average | None = None
        self.swa = Average(self.trained) if spec.train.swa_from is not None else None
        self._draws = torch.Generator()

    # Stages

    @property
    def plan(self) -> FitStage:
        """The stage that is being fitted."""
        return self.spec.stages[self.stage]

    @property
    def balance(self) -> Balance:
        """What is done about skew in the stage."""
        spec = self.spec
        return self.plan.balance or Balance(loss=lambda epoch: spec.loss, chances=spec.chances)

    def enter(self, stage: int) -> None:
        """Begin a stage from the best weights so far, with an optimizer of its own."""
        if self.best is not None:
            put(self.trained, self.best.weights)
        self.stage, self.first = stage, len(self.lines)
        spec = self.spec
        move(spec.network, self.plan.tune)
        self.module = spec.network.tuned
        self.start_over()
        rows, most = spec.judge_rows, self.plan.inputs.at_once or spec.train.batch_size
        self.judge_batches = self._batches(rows, [len(part) for part in in_order(rows, most)])

    def start_over(self) -> None:
        """Begin from the live weights with an optimizer and a moving average that remember nothing."""
        spec = self.spec
        groups = spec.network.parameter_groups(self.plan.rate, spec.layer_decay)
        self.descent = OptimizerStep(self.module, groups, spec.train, self.precision)
        self.ema = Average(self.trained) if spec.train.ema else None

    @property
    def stage_is_over(self) -> bool:
        """Whether the stage had all its epochs, or nothing got better for too long.

        A fit that is asked for an even average keeps to its epochs.
        """
        if self.guard is not None and self.guard.stopped:
            return True
        values = self.values[self.first :]
        if len(values) >= self.plan.epochs:
            return True
        patience = self.spec.train.early_stop
        return bool(patience and self.swa is None and values and epochs_since_best(values) >= patience)

    def begin_epoch(self) -> int:
        """Begin the next epoch and return its number."""
        self.epoch = len(self.lines)
        spec = self.spec
        steps = batch_count(self.balance.epoch_rows or len(spec.fit_rows), spec.train.batch_size)
        self.witness = spec.witness(spec.targets.k, spec.targets.several, steps)
        return self.epoch

    # Batches

    def training_batches(self, epoch: int | str, *, least: int = 1) -> Iterator[Batch]:
        """Yield the batches of an epoch, of `least` rows or more where there are as many.

        Their order and their draws depend on the spec's key and the epoch.
        """
        spec, rng = self.spec, generator(*self.spec.key, "order", epoch)
        balance, rows = self.balance, spec.fit_rows
        chances = balance.chances
        rows = shuffled(rows, rng) if chances is None else drawn(rows, chances, rng, balance.epoch_rows)
        batches = self._batches(*arranged(rows, max(least, spec.train.batch_size)))
        draws = self._draws if self.plan.inputs.draws or self.mixes else None
        falls = plateau_falls(self.values[self.first :], spec.train.plateau_epochs)
        for number, batch in enumerate(batches):
            if draws is not None:
                draws.manual_seed(seed_from(*spec.key, "batch", epoch, number))
            at = len(self.lines) - self.first + number / len(batches)
            factor = rate_factor(spec.train, at, self.plan.epochs, falls, step=1 / len(batches))
            share = 1.0 if self.guard is None else self.guard.rate_share
            yield Batch(batch.rows, batch.at, draws, factor * share)

    @property
    def mixes(self) -> bool:
        """Whether rows are blended in pairs."""
        return bool(self.spec.train.mixup or self.spec.train.cutmix)

    def _batches(self, rows: Ints, sizes: list[int]) -> list[Batch]:
        if not sizes:
            return []
        positions = torch.from_numpy(rows)
        on_device = positions.to(self.spec.device)
        pairs = zip(torch.split(positions, sizes), torch.split(on_device, sizes), strict=True)
        return [Batch(*pair) for pair in pairs]

    # What is kept

    def value(self, score: Score, loss: float) -> float:
        """Return what is maximised: the score, or minus the validation loss."""
        return score.value if self.spec.train.choose_by == "score" else -loss

    def offer(self, value: float, loss: float, form: str, score: Score) -> bool:
        """Keep the live weights if they are better than the best; return whether they are.

        Of weights that are worth the same, those with the lower loss are better.
        """
        best = self.best
        if best is not None and not is_better(value, best.value) and (value, -loss) <= (best.value, -best.loss):
            return False
        self.best = BestWeights(copied(self.trained), self.stage, self.epoch, form, score, value, loss)
        return True

    def finish(self, averaged: float | None) -> FitResult:
        """Leave the network with the best weights, at the boundary they were judged at."""
        best = self.best
        if best is None:
            raise TaskError(
                "No epoch left weights that can be used: the loss is not a finite number. Lower "
                "train.learning_rate, set train.clip = 1.0, or lengthen train.warmup_epochs."
            )
        put(self.trained, best.weights)
        move(self.spec.network, self.spec.stages[best.stage].tune)
        self.spec.network.tuned.eval()
        alarms = () if self.guard is None else tuple(self.guard.alarms)
        balance = self.spec.stages[best.stage].balance
        return FitResult(
            lines=tuple(self.lines),
            stage=best.stage,
            epoch=best.epoch,
            form=best.form,
            score=best.score,
            value=best.value,
            averaged=averaged,
            spec=self.spec,
            alarms=alarms,
            correction=None if balance is None else balance.shift(best.epoch),
            unsmoothing=None if balance is None else balance.unsmoothed(best.epoch),
        )

    # Breaks

    def state(self) -> dict[str, Any]:
        """Return everything that `load` needs to go on to the last bit: tensors and plain values."""
        best = self.best
        score = None if best is None else [best.score.value, dict(best.score.parts)]
        return {
            "stage": self.stage,
            "first": self.first,
            "lines": self.lines,
            "values": self.values,
            "weights": dict(self.trained),
            "descent": self.descent.state(),
            "ema": self.ema.state() if self.ema else None,
            "swa": self.swa.state() if self.swa else None,
            "best": None if best is None else {**vars(best), "score": score},
            "guard": None if self.guard is None else self.guard.state(),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        if self.guard is not None and state["guard"] is not None:
            self.guard.load(state["guard"])
            if self.guard.softened:
                self.spec = softened(self.spec)
        self.enter(int(state["stage"]))
        self.first = int(state["first"])
        self.lines, self.values = list(state["lines"]), list(state["values"])
        self.epoch = len(self.lines) - 1
        held = state["best"]
        self.best = None if held is None else BestWeights(**{**held, "score": Score(*held["score"])})
        put(self.trained, state["weights"])
        self.descent.load(state["descent"])
        for average, held in ((self.ema, state["ema"]), (self.swa, state["swa"])):
            if average is not None:
                average.load(held)


def trained_tensors(spec: FitSpec) -> Weights:
    """Return the live parameters and buffers that any stage trains, by their name in the network."""
    widest: dict[str, Tensor] = {}
    for stage in spec.stages:
        move(spec.network, stage.tune)
        tuned = spec.network.tuned
        inside = {id(tensor) for tensor in (*tuned.parameters(), *tuned.buffers())}
        widest.update({name: t for name, t in named_tensors(spec.network) if id(t) in inside})
    return widest


def move(network: Trainable, tune: str) -> None:
    """Move the boundary of a network, unless it is there: moving it costs what the frozen part keeps ready."""
    if network.tune != tune:
        network.retune(tune)


def named_tensors(network: Any) -> Iterator[tuple[str, Tensor]]:
    """Yield the parameters and buffers of a network with their names."""
    yield from network.named_parameters()
    yield from network.named_buffers()
