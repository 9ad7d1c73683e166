"""Specification and result of a fit: values, so that a fit is a function."""

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
from evenhand.training.loop.class_balance import ClassBalance
from evenhand.training.monitor.epoch_recorder import EpochRecorder
from evenhand.training.monitor.scorer import Score, Scorer

if TYPE_CHECKING:
    from evenhand.balance.registries import RowLoss


class Trainable(Protocol):
    """A network with a boundary between a frozen and a tuned part, as `evenhand.models.network.Network`."""

    @property
    def tune(self) -> str:
        """Where the boundary is: "head", "all" or "from:BLOCK"."""

    @property
    def tuned(self) -> nn.Module:
        """The part that is trained: inputs -> (b, k) logits."""

    def retune(self, tune: str) -> None:
        """Move the boundary."""

    def parameter_groups(self, learning_rate: float, layer_decay: float) -> list[dict[str, Any]]:
        """Return the trained parameters with their learning rates, the head first."""


@dataclass(frozen=True, eq=False)
class FitStage:
    """One training stage.

    Attributes
    ----------
    tune
        Where the boundary is: "head", "all" or "from:BLOCK".
    epochs
        Passes over the training rows.
    learning_rate
        Peak of the head's learning rate.
    inputs
        Inputs of the tuned part at this boundary and picture size.
    balance
        Class balance; None for the loss of the spec and each row once per epoch.
    softer
        Builds the same with an exponent of at most 1; None where there is nothing to soften.
    """

    tune: str
    epochs: int
    learning_rate: float
    inputs: Inputs
    balance: ClassBalance | None = None
    softer: Callable[[], ClassBalance] | None = None


Watch = Callable[[int, int], None]
"""Called after each epoch with the number of epochs done, and the most there can be."""


class DistillationLoss(Protocol):
    """A teacher as the loop uses it (`tasks.distillation.Teacher`)."""

    def distilled_loss(self, loss: Tensor, logits: Tensor, rows: Tensor, epoch: int) -> Tensor:
        """Return the mean loss of a batch with the teacher's part."""


@dataclass(frozen=True, eq=False)
class SecondSet:
    """A named set of other rows, evaluated beside the validation rows and never selected on.

    Attributes
    ----------
    name
        Its name ("generalization").
    inputs
        Inputs of the tuned part, for each stage.
    targets, rows
        Their labels, and the positions that are scored.
    scorer
        Scores the probabilities of `rows`, in their order.
    every
        Epochs between two evaluations.
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
        With its initial weights; the fit changes it and leaves it with the best ones.
    stages
        At least one, in order; the last one's boundary is the widest.
    targets
        Labels of all n rows.
    fit_rows, validation_rows
        Positions that are trained on, and held out.
    loss
        Loss with class weights at full strength; it is the validation loss of every stage.
    scorer
        Scores the probabilities of `validation_rows`, in their order.
    train
        The settings.
    key
        Identifies the fit (seed, model, fold); every random draw depends on it.
    row_weights
        (n,) float32 weight of each row in the loss (mean 1 over the training rows), or None.
    layer_decay
        Factor on the learning rate from each tuned block to the one below.
    fixed_norms
        The part whose batch normalisations keep their statistics, or None.
    teacher
        Teacher for distillation, or None.
    second_sets
        Other rows that are evaluated beside.
    recorder
        Builder of the recorder of an epoch: (number of classes, whether multi-label, steps, batches) -> recorder.
    device
        Where the network and the inputs are.
    compiler
        Returns the tuned part as a module that runs compiled (`evenhand.training.compiled`), or None.
    """

    network: Trainable
    stages: tuple[FitStage, ...]
    targets: Targets
    fit_rows: Ints
    validation_rows: Ints
    loss: RowLoss
    scorer: Scorer
    train: TrainConfig
    key: tuple[int | str, ...]
    row_weights: Tensor | None = None
    layer_decay: float = 1.0
    fixed_norms: nn.Module | None = None
    teacher: DistillationLoss | None = None
    second_sets: tuple[SecondSet, ...] = ()
    recorder: Callable[[int, bool, int, int], EpochRecorder] = EpochRecorder
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    compiler: Callable[[nn.Module], nn.Module] | None = None

    @property
    def module(self) -> nn.Module:
        """The tuned part of the network as it is run: inputs -> (b, k) logits."""
        return self.network.tuned if self.compiler is None else self.compiler(self.network.tuned)


@dataclass(frozen=True)
class FitResult:
    """How the best weights were found; the network of the spec holds them.

    Attributes
    ----------
    lines
        One per epoch, as in epochs.jsonl.
    stage, epoch
        Stage and epoch of the best weights.
    form
        "plain", or the average they are: "ema" or "swa".
    score
        Their score on the validation rows.
    value
        The value they were selected by: the score, or minus the validation loss.
    averaged
        Score of the even average (SWA), if one was tried; None otherwise.
    spec
        The spec at the end: the monitor may have softened corrections for skew.
    alarms
        Alarms of the monitor, and the action taken on each.
    correction
        (k,) shift of the logits that the weights were validated with, or None.
    unsmoothing
        Unsmoothing of their logits before the shift, or None.
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
