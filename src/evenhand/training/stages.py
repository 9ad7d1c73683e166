"""Stages from settings: what is tuned, for how long, at which size, and on which inputs."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from evenhand.base.errors import TaskError
from evenhand.data.ragged import Ragged
from evenhand.models.activations import boundary_activations
from evenhand.models.config import ModelConfig
from evenhand.models.network import Network, cut_of
from evenhand.training.assignment import Assignment
from evenhand.training.config import TrainConfig
from evenhand.training.inputs import ImageInputs, Inputs, ViewInputs
from evenhand.training.job import Stage
from evenhand.training.run import move

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Plan:
    """A stage before its inputs are there."""

    tune: str
    epochs: int
    rate: float
    size: int | None
    balance: Mapping[str, Any] = field(default_factory=dict)


def plans(model: ModelConfig, train: TrainConfig) -> list[Plan]:
    """Return the stages that the settings ask for; one where none is named."""
    if not train.stage:
        return [Plan(model.tune, train.epochs, train.learning_rate, model.size)]
    return [
        Plan(
            stage.tune or model.tune,
            stage.epochs,
            train.learning_rate * stage.learning_rate_factor,
            stage.size or model.size,
            stage.balance,
        )
        for stage in train.stage
    ]


def check_widening(network: Network, stages: list[Plan]) -> None:
    """Raise where a stage freezes what a stage before it tuned: what is kept of frozen parts would be stale."""
    cuts = [cut_of(network.encoder, plan.tune) for plan in stages]
    for before, after, plan in zip(cuts, cuts[1:], stages[1:], strict=False):
        if after > before:
            raise TaskError(
                f'Model {network.model.name}: the stage with tune = "{plan.tune}" freezes what the stage before '
                "it tuned. Put the stages in order, from head to all."
            )


def stages_of(
    assignment: Assignment, network: Network, device: torch.device, progress: Progress | None = None
) -> tuple[Stage, ...]:
    """Return the stages with their inputs; activations of frozen parts are computed now if they are not there.

    Raises
    ------
    TaskError
        If stages are not in order, or need what the rows are not.
    """
    found = plans(assignment.model, assignment.train)
    check_widening(network, found)
    return tuple(
        Stage(plan.tune, plan.epochs, plan.rate, inputs_of(assignment, network, plan, device, progress))
        for plan in found
    )


def inputs_of(
    assignment: Assignment, network: Network, plan: Plan, device: torch.device, progress: Progress | None = None
) -> Inputs:
    """Return what the tuned part is given in a stage: activations where a part is frozen, else pictures."""
    move(network, plan.tune)
    entry = assignment.entry(plan.size)
    if network.frozen is None:
        return picture_inputs(assignment, network, entry["image"], device)
    if assignment.train.cutmix:
        raise TaskError(
            f'Model {network.model.name}: train.cutmix swaps patches of pictures, but tune = "{plan.tune}" trains '
            "on activations. Use train.mixup, or set cutmix = 0 in [model.train]."
        )
    activations = activations_of(network, entry["image"], assignment, entry.name, device, progress)
    return ViewInputs(activations, network.model.views_use, device=device)


def picture_inputs(assignment: Assignment, network: Network, pictures: Any, device: torch.device) -> ImageInputs:
    """Return pictures, augmented as the settings say."""
    if isinstance(pictures, Ragged):
        raise TaskError(
            f"Model {network.model.name}: pictures of several sizes cannot be trained on in one batch. "
            'Set tune = "head", or give all pictures one size.'
        )
    model = network.model
    return ImageInputs(
        pictures,
        network.prepare,
        augment_of(assignment),
        profile=assignment.train.augment,
        views=model.views,
        view_profile=model.view_profile,
        device=device,
    )


def activations_of(
    network: Network,
    pictures: Any,
    assignment: Assignment,
    rows: str,
    device: torch.device,
    progress: Progress | None = None,
) -> np.ndarray[Any, Any]:
    """Return (n, v, ...) activations at the network's boundary, from the store."""
    return boundary_activations(
        network,
        pictures,
        assignment.store,
        rows=rows,
        augment=augment_of(assignment),
        device=str(device),
        progress=progress,
    )


def augment_of(assignment: Assignment) -> Any:
    """Return the augmentations of the kind of data: (batch, profile, draws) -> batch."""
    return importlib.import_module(assignment.kind.augment_module).apply_profile
