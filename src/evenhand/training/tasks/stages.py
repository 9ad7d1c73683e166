"""Training stages from settings: what is tuned, for how long, at which size, and on which inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from evenhand.base.errors import TaskError
from evenhand.models.config import ModelConfig
from evenhand.models.network import Network, cut_of
from evenhand.training.config import TrainConfig
from evenhand.training.inputs.inputs import Inputs
from evenhand.training.loop.fit_spec import FitStage
from evenhand.training.loop.fit_state import move_boundary
from evenhand.training.tasks.build_inputs import Progress, sample_inputs
from evenhand.training.tasks.context import TaskContext


@dataclass(frozen=True)
class StagePlan:
    """A training stage before its inputs are built."""

    tune: str
    epochs: int
    learning_rate: float
    size: int | None
    balance: Mapping[str, Any] = field(default_factory=dict)


def stage_plans(model: ModelConfig, train: TrainConfig) -> list[StagePlan]:
    """Return the stages of the settings; a single one where `[[train.stage]]` is empty."""
    if not train.stage:
        return [StagePlan(model.tune, train.epochs, train.learning_rate, model.size)]
    return [
        StagePlan(
            stage.tune or model.tune,
            stage.epochs,
            train.learning_rate * stage.learning_rate_factor,
            stage.size or model.size,
            stage.balance,
        )
        for stage in train.stage
    ]


def check_widening(network: Network, stages: list[StagePlan]) -> None:
    """Raise where a stage freezes what an earlier stage tuned: stored activations would be stale."""
    cuts = [cut_of(network.encoder, plan.tune) for plan in stages]
    for before, after, plan in zip(cuts, cuts[1:], stages[1:], strict=False):
        if after > before:
            raise TaskError(
                f'Model {network.model.name}: the stage with tune = "{plan.tune}" freezes what the stage before '
                "it tuned. Order the stages from head to all."
            )


def build_stages(
    context: TaskContext, network: Network, device: torch.device, progress: Progress | None = None
) -> tuple[FitStage, ...]:
    """Return the stages with their inputs; activations of frozen parts are computed now if the store lacks them.

    Raises
    ------
    TaskError
        If stages are not in order, or do not fit the rows.
    """
    found = stage_plans(context.model, context.train)
    check_widening(network, found)
    return tuple(
        FitStage(plan.tune, plan.epochs, plan.learning_rate, stage_inputs(context, network, plan, device, progress))
        for plan in found
    )


def stage_inputs(
    context: TaskContext,
    network: Network,
    plan: StagePlan,
    device: torch.device,
    progress: Progress | None = None,
) -> Inputs:
    """Return the inputs of the tuned part in a stage, by the position of a sample."""
    move_boundary(network, plan.tune)
    return sample_inputs(context, network, context.entry(plan.size), device, progress)
