"""What one fit depends on, and what comes out: values, so that a fit is a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor, nn

from evenhand.balance.correction.unsmoothing import Unsmoothing
from evenhand.base.values import Floats, Ints
from evenhand.training.config import TrainConfig
from evenhand.training.inputs.inputs import Inputs
from evenhand.training.inputs.targets import Targets
from evenhand.training.loop.class_balance import Balance
from evenhand.training.monitor.epoch_recorder import EpochRecorder
from evenhand.training.monitor.scorer import Score, Scorer

if TYPE_CHECKING:
    from evenhand.balance.registries import RowLoss


class Trainable(Protocol):
    """A network with a boundary; `evenhand.models.network.Network` is one."""

    @property
    def tune(self) -> str:
        """Where the boundary lies."""

    @property
    def tuned(self) -> nn.Module:
        """The part that is trained: inputs -> (b, k) logits."""

    def retune(self, tune: str) -> None:
        """Move the boundary."""

    def parameter_groups(self, learning_rate: float, layer_decay: float) -> list[dict[str, Any]]:
        """Return the trained parameters with their learning rates, the head first."""


@dataclass(frozen=True, eq=False)
class FitStage:
    """One stage of fitting.

    Attributes
    ----------
    tune
        Where the boundary lies: "head", "all" or "from:NAME".
    epochs
        Passes over the training rows.
    rate
        Peak of the head's learning rate.
    inputs
        What the tuned part is given at this boundary and picture size.
    balance
        What is done about skew; None for the spec's own loss and chances.
    softer
        Makes the same with an exponent of 1 at most; None where nothing is to be softened.
    """

    tune: str
    epochs: int
    rate: float
    inputs: Inputs
    balance: Balance | None = None
    softer: Callable[[], Balance] | None = None


Watch = Callable[[int, int], None]
"""Told after each epoch how many are done, of how many at most."""


class DistillationLoss(Protocol):
    """A teacher, as the loop hears it (`distill.Teacher`)."""

    def joined(self, loss: Tensor, logits: Tensor, rows: Tensor, epoch: int) -> Tensor:
        """Return the mean loss of a batch with the teacher's part."""


@dataclass(frozen=True, eq=False)
class SecondSet:
    """A named set of other rows, judged beside the held-out ones and never selected on.

    Attributes
    ----------
    name
        Its name ("generalization").
    inputs
        What the tuned part is given of them, for each stage.
    targets, rows
        Their labels, and the positions that are judged.
    scorer
        Judges the probabilities of `rows`, in their order.
    every
        Epochs from one look to the next.
    """

    name: str
    inputs: tuple[Inputs, ...]
    targets: Targets
    rows: Ints
    scorer: Scorer
    every: int = 5


@dataclass(frozen=True, eq=False)
class FitSpec:
    """Everything that one fit depends on.

    Attributes
    ----------
    network
        In its first state; the fit changes it and leaves it with the best weights.
    stages
        At least one, in order; the last one's boundary is the widest.
    targets
        Labels of all n rows.
    fit_rows, judge_rows
        Positions that are trained on, and held out.
    loss
        What rows cost, with class weights at full strength; held-out rows are judged by it in every stage.
    scorer
        Judges the probabilities of `judge_rows`, in their order.
    train
        The settings.
    key
        Names the fit (seed, model, fold); every random draw depends on it.
    chances
        (len(fit_rows),) chance of each training row to be drawn, or None for each once an epoch.
    row_weights
        (n,) float32 weight of each row in the loss (mean 1 over the training rows), or None.
    layer_decay
        Factor on the learning rate from each tuned stage to the one below.
    fixed_norms
        The part whose batch normalisations keep their statistics, or None.
    teacher
        What a trained model said of the training rows, where it is learned from, or None.
    further
        Other rows that are judged beside.
    witness
        Makes what takes down an epoch: (classes, whether several may hold, steps) -> witness.
    device
        Where the network and the inputs are.
    """

    network: Trainable
    stages: tuple[FitStage, ...]
    targets: Targets
    fit_rows: Ints
    judge_rows: Ints
    loss: RowLoss
    scorer: Scorer
    train: TrainConfig
    key: tuple[int | str, ...]
    chances: Floats | None = None
    row_weights: Tensor | None = None
    layer_decay: float = 1.0
    fixed_norms: nn.Module | None = None
    teacher: DistillationLoss | None = None
    further: tuple[SecondSet, ...] = ()
    witness: Callable[[int, bool, int], EpochRecorder] = EpochRecorder
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))


@dataclass(frozen=True)
class FitResult:
    """How the best weights were found; the network of the spec holds them.

    Attributes
    ----------
    lines
        One per epoch, as epochs.jsonl holds them.
    stage, epoch
        The stage and the epoch that the weights are from.
    form
        "plain", or the average they are: "ema" or "swa".
    score
        Their score on the judged rows.
    value
        What they were chosen by: the score, or minus the validation loss.
    averaged
        What an even average scored, if one was tried; None otherwise.
    spec
        The spec at its end: corrections for skew may have been softened on the way.
    alarms
        What a guard cried, and what was done about it.
    correction
        (k,) shift of the logits that the weights were judged with, or None.
    unsmoothing
        What was taken off their logits before, or None.
    """

    lines: tuple[dict[str, Any], ...]
    stage: int
    epoch: int
    form: str
    score: Score
    value: float
    averaged: float | None = None
    spec: FitSpec | None = None
    alarms: tuple[dict[str, Any], ...] = ()
    correction: Floats | None = None
    unsmoothing: Unsmoothing | None = None


def softened(spec: FitSpec) -> FitSpec:
    """Return the spec with corrections for skew softened to an exponent of 1 in each stage where they exceed it."""
    stages = [replace(stage, balance=stage.softer()) if stage.softer else stage for stage in spec.stages]
    return replace(spec, stages=tuple(stages))
