"""The state of a fit: everything that changes from epoch to epoch, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from evenhand.base.errors import TaskError
from evenhand.base.seeds import generator, seed_from
from evenhand.base.settings.named_choice import section_of
from evenhand.base.values import Ints
from evenhand.training.inputs.accumulated import in_steps
from evenhand.training.inputs.batch_order import batch_count, in_order, shuffled, systematic_sample
from evenhand.training.inputs.inference import evaluation_rows
from evenhand.training.inputs.inputs import read_ahead
from evenhand.training.inputs.length_order import lengths_of
from evenhand.training.loop.class_balance import ClassBalance
from evenhand.training.loop.early_stopping import epochs_since_best, is_better
from evenhand.training.loop.fit_spec import FitResult, FitSpec, FitStage, Trainable, softened
from evenhand.training.loop.loss_terms import LossTerms, module_with_terms
from evenhand.training.monitor.epoch_recorder import EpochRecorder
from evenhand.training.monitor.monitor import Monitor
from evenhand.training.monitor.scorer import Score
from evenhand.training.optim.optimizers import OptimizerStep
from evenhand.training.optim.precision import precision
from evenhand.training.optim.schedules.registry import SCHEDULES, Schedule, learning_rate_factor
from evenhand.training.optim.weight_averaging import Average, Weights, cloned, copy_into


class Batch(NamedTuple):
    """One batch.

    Attributes
    ----------
    rows, at
        (b,) int64 positions on CPU and device.
    draws
        A generator, or None.
    learning_rate_factor
        Factor on the peak learning rate.
    share
        Share of the batch in the rows of its optimizer step.
    last
        Whether the optimizer steps after it.
    """

    rows: Tensor
    at: Tensor
    draws: torch.Generator | None = None
    learning_rate_factor: float = 1.0
    share: float = 1.0
    last: bool = True


@dataclass(frozen=True, eq=False)
class BestWeights:
    """The best weights so far, and the stage and epoch they are from."""

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
        Position of the stage, number of its first epoch, and number of the present or last epoch.
    lines, values
        The log line of each epoch, and the value it is selected by (higher is better).
    best
        The best weights so far.
    optimizer_step, ema, swa
        The optimizer of the stage; moving (EMA) and even (SWA) averages of the weights, or None.
    recorder
        Records the present epoch.
    evaluation_rows
        Most rows of a validation batch: several batches of training on a GPU, while its memory allows.
    loss_terms
        Further terms of the loss in the present epoch, or None where the network has none.
    monitor
        Checks every epoch, or None.
    """

    module: nn.Module
    optimizer_step: OptimizerStep
    recorder: EpochRecorder
    loss_terms: LossTerms | None

    def __init__(self, spec: FitSpec, monitor: Monitor | None = None) -> None:
        self.spec, self.monitor = spec, monitor
        self.precision = precision(spec.train.precision, spec.device)
        self.trained = trained_tensors(spec)
        self.stage, self.first, self.epoch = -1, 0, -1
        self.lines: list[dict[str, Any]] = []
        self.values: list[float] = []
        self.best: BestWeights | None = None
        self.ema: Average | None = None
        self.swa = Average(self.trained) if spec.train.swa_from is not None else None
        # One for all batches, seeded anew for each: a batch must be used up before the next one is asked for.
        self._generator = torch.Generator()

    # Stages

    @property
    def current_stage(self) -> FitStage:
        """The present stage."""
        return self.spec.stages[self.stage]

    @property
    def balance(self) -> ClassBalance:
        """Class balance of the stage."""
        spec = self.spec
        return self.current_stage.balance or ClassBalance(loss=lambda epoch: spec.loss)

    def enter_stage(self, stage: int) -> None:
        """Begin a stage from the best weights so far, with a new optimizer."""
        if self.best is not None:
            copy_into(self.trained, self.best.weights)
        self.stage, self.first = stage, len(self.lines)
        spec = self.spec
        move_boundary(spec.network, self.current_stage.tune)
        self.module = spec.module
        self.reset_optimizer()
        self.evaluation_rows = evaluation_rows(spec.train.batch_size, spec.device)
        self._validation: tuple[int, list[Batch]] = (0, [])

    def reset_optimizer(self) -> None:
        """Replace optimizer and moving average by new ones, at the live weights."""
        spec = self.spec
        # Momenta belong to other weights (a new stage, a fix), and the parameters that are trained may differ.
        groups = spec.network.parameter_groups(self.current_stage.learning_rate, spec.layer_decay)
        self.optimizer_step = OptimizerStep(self.module, groups, spec.train, self.precision)
        self.ema = Average(self.trained) if spec.train.ema else None

    @property
    def stage_is_over(self) -> bool:
        """Whether the stage had all its epochs, or did not improve for `early_stop` epochs.

        Early stopping is off with an even average, which needs all the epochs after `swa_from`.
        """
        if self.monitor is not None and self.monitor.stopped:
            return True
        values = self.values[self.first :]
        if len(values) >= self.current_stage.epochs:
            return True
        patience = 0 if self.spec.train.choose_by == "last" else self.spec.train.early_stop
        return bool(patience and self.swa is None and values and epochs_since_best(values) >= patience)

    def begin_epoch(self) -> int:
        """Begin the next epoch and return its number."""
        self.epoch = len(self.lines)
        spec = self.spec
        rows, train = self.balance.epoch_rows or len(spec.fit_rows), spec.train
        steps = batch_count(rows, train.effective_batch_size)
        # an estimate, which is exact without accumulation
        batches = max(steps, batch_count(rows, train.batch_size))
        self.recorder = spec.recorder(spec.targets.k, spec.targets.multi_label, steps, batches)
        source = module_with_terms(self.module)
        self.loss_terms = None if source is None else LossTerms(source)
        return self.epoch

    # Batches

    def training_batches(self, epoch: int | str, *, least: int = 1) -> Iterator[Batch]:
        """Yield the batches of an epoch, of at least `least` rows where there are as many.

        Order and random numbers depend on the spec's key, the epoch and the batch alone, so that a resumed fit gets
        the same ones.
        """
        spec, rng = self.spec, generator(*self.spec.key, "order", epoch)
        balance, rows = self.balance, spec.fit_rows
        sampling_weights = balance.sampling_weights
        rows = (
            shuffled(rows, rng)
            if sampling_weights is None
            else systematic_sample(rows, sampling_weights, rng, balance.epoch_rows)
        )
        size, lengths = max(least, spec.train.batch_size), lengths_of(self.current_stage.inputs)
        rows, sizes, steps = in_steps(rows, size, spec.train.accumulate_grad_batches, lengths, rng)
        batches = self._batches(rows, sizes)
        draws = self._generator if self.current_stage.inputs.draws or self.mixes else None
        schedule: Schedule = section_of(SCHEDULES, spec.train.schedule)
        # Schedules read the values, which every state holds, rather than count beside them.
        values, warmup, total = self.values[self.first :], spec.train.warmup_epochs, self.current_stage.epochs
        number = 0
        for step, count in enumerate(steps):
            # By the lines, since `epoch` may be a word: "refresh" passes over the batches without a step.
            at = len(self.lines) - self.first + step / len(steps)
            factor = learning_rate_factor(schedule, at, total, values, warmup=warmup, step=1 / len(steps))
            factor *= 1.0 if self.monitor is None else self.monitor.learning_rate_factor
            of_step = sum(sizes[number : number + count])
            for left in reversed(range(count)):
                if draws is not None:
                    draws.manual_seed(seed_from(*spec.key, "batch", epoch, number))
                batch, share = batches[number], sizes[number] / of_step
                for ahead in batches[number : number + 2]:
                    read_ahead(self.current_stage.inputs, ahead.rows)
                yield Batch(batch.rows, batch.at, draws, factor, share, last=left == 0)
                number += 1

    def validation_batches(self, most: int) -> list[Batch]:
        """Return the validation rows in their order, at most so many at a time, or as many as the inputs say."""
        rows, size = self.spec.validation_rows, self.current_stage.inputs.at_once or most
        if self._validation[0] != size:
            # the same tensors in every epoch, so that inputs can recognise them
            self._validation = size, self._batches(rows, [len(part) for part in in_order(rows, size)])
        self.evaluation_rows = most  # what memory allowed it will allow again, and nothing beyond
        return self._validation[1]

    @property
    def mixes(self) -> bool:
        """Whether mixup or CutMix is on."""
        return bool(self.spec.train.mixup or self.spec.train.cutmix)

    def _batches(self, rows: Ints, sizes: list[int]) -> list[Batch]:
        if not sizes:
            return []
        positions = torch.from_numpy(rows)
        on_device = positions.to(self.spec.device)
        pairs = zip(torch.split(positions, sizes), torch.split(on_device, sizes), strict=True)
        return [Batch(*pair) for pair in pairs]

    # Selection

    def value(self, score: Score, loss: float) -> float:
        """Return the value that selects epochs: the score, or minus the validation loss.

        With `choose_by = "last"` it selects none; the schedule "plateau" still reads it.
        """
        return score.value if self.spec.train.choose_by == "score" else -loss

    def update_best(self, value: float, loss: float, form: str, score: Score) -> None:
        """Keep the live weights if they are better than the best.

        Of equal values, the lower loss is better: on few rows a score has few values, and ties are common. With
        `choose_by = "last"` any later weights are; of an epoch with a moving average, those of the average.
        """
        best = self.best
        # Not by comparing tuples: a value that is not a number would pass as "not worse".
        better = best is None or is_better(value, best.value) or (value == best.value and loss < best.loss)
        if not better and self.spec.train.choose_by != "last":
            return
        self.best = BestWeights(cloned(self.trained), self.stage, self.epoch, form, score, value, loss)

    def finish(self, averaged: float | None) -> FitResult:
        """Load the best weights into the network, at the boundary of their stage; return how they were found."""
        best = self.best
        if best is None:
            raise TaskError(
                "No epoch gave usable weights: the loss is not a finite number. Lower train.learning_rate, set "
                "train.clip = 1.0, or lengthen train.warmup_epochs."
            )
        copy_into(self.trained, best.weights)
        move_boundary(self.spec.network, self.spec.stages[best.stage].tune)
        self.spec.network.tuned.eval()
        alarms = () if self.monitor is None else tuple(self.monitor.alarms)
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

    # Resuming

    def state_dict(self) -> dict[str, Any]:
        """Return everything that `load_state_dict` needs to resume bit for bit: tensors and plain values."""
        best = self.best
        score = None if best is None else [best.score.value, dict(best.score.parts)]
        return {
            "stage": self.stage,
            "first": self.first,
            "lines": self.lines,
            "values": self.values,
            "weights": dict(self.trained),
            "optimizer": self.optimizer_step.state_dict(),
            "ema": self.ema.state_dict() if self.ema else None,
            "swa": self.swa.state_dict() if self.swa else None,
            "best": None if best is None else {**vars(best), "score": score},
            "monitor": None if self.monitor is None else self.monitor.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what `state_dict` returned."""
        if self.monitor is not None and state["monitor"] is not None:
            self.monitor.load_state_dict(state["monitor"])
            if self.monitor.softened:  # before `enter_stage`, which reads the spec
                self.spec = softened(self.spec)
        self.enter_stage(int(state["stage"]))
        # After `enter_stage`, which sets `first` from the (still empty) lines, and before the weights are copied,
        # since it builds the optimizer and the averages that follow.
        self.first = int(state["first"])
        self.lines, self.values = list(state["lines"]), list(state["values"])
        self.epoch = len(self.lines) - 1
        held = state["best"]
        self.best = None if held is None else BestWeights(**{**held, "score": Score(*held["score"])})
        copy_into(self.trained, state["weights"])
        self.optimizer_step.load_state_dict(state["optimizer"])
        for average, held in ((self.ema, state["ema"]), (self.swa, state["swa"])):
            if average is not None:
                average.load_state_dict(held)


def trained_tensors(spec: FitSpec) -> Weights:
    """Return the live parameters and buffers that any stage trains, by their name in the network."""
    widest: dict[str, Tensor] = {}
    for stage in spec.stages:
        move_boundary(spec.network, stage.tune)
        tuned = spec.network.tuned
        # By identity: the tuned part names its tensors differently from the network, whose names the files use.
        inside = {id(tensor) for tensor in (*tuned.parameters(), *tuned.buffers())}
        widest.update({name: t for name, t in named_tensors(spec.network) if id(t) in inside})
    return widest


def move_boundary(network: Trainable, tune: str) -> None:
    """Move the boundary of a network, unless it is there: a move discards what was prepared for the frozen part."""
    if network.tune != tune:
        network.retune(tune)


def named_tensors(network: Any) -> Iterator[tuple[str, Tensor]]:
    """Yield the parameters and buffers of a network with their names."""
    yield from network.named_parameters()
    yield from network.named_buffers()
