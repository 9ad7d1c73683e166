"""The spec of one fold: from labels and settings to everything that a fit depends on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy.typing as npt
import torch
from torch import nn

from evenhand.balance.config import BalanceConfig
from evenhand.balance.plan import plan_of
from evenhand.balance.registries import RowLoss
from evenhand.base.values import Floats, Ints
from evenhand.training.config import TrainConfig
from evenhand.training.inputs.targets import Targets
from evenhand.training.loop.class_balance import ClassBalance, class_balance_of
from evenhand.training.loop.fit_spec import FitSpec, FitStage, Trainable
from evenhand.training.monitor.scorer import Scorer


def fold_spec(
    network: Trainable,
    stages: tuple[FitStage, ...],
    labels: npt.NDArray[Any],
    k: int,
    *,
    fit_rows: Ints,
    validation_rows: Ints,
    scorer: Scorer,
    train: TrainConfig | None = None,
    balance: BalanceConfig | None = None,
    stage_balance: Sequence[BalanceConfig] | None = None,
    names: Sequence[str] | None = None,
    key: tuple[int | str, ...] = (0,),
    weights: Floats | None = None,
    blocks: Sequence[Sequence[int]] = (),
    layer_decay: float = 1.0,
    norms: nn.Module | None = None,
    device: str | torch.device = "cpu",
) -> FitSpec:
    """Return the spec of fitting a network on some rows and validating it on others.

    Sampler, class weights and class statistics of losses are computed from the training rows alone.

    Parameters
    ----------
    network
        With its initial weights.
    stages
        What is tuned, for how long, on which inputs.
    labels
        (n,) class indices, or (n, k) shares where several classes may hold (NaN where one is not known); something
        is known of both sets of rows.
    fit_rows, validation_rows
        Positions; no row is in both.
    scorer
        Scores the probabilities of `validation_rows`.
    train, balance
        Settings; defaults where not given.
    stage_balance
        Section [balance] of each stage, where that differs from `balance`.
    names
        The k classes, where `balance` names some; "0", "1", … where not given.
    key
        Seeds every random draw: equal keys give equal fits.
    weights
        (n,) weight of each row, or None.
    blocks
        Positions of the classes that share a softmax, set by set.
    layer_decay
        Factor on the learning rate from each tuned block to the one below it.
    norms
        The part whose batch normalisations `train.freeze_norm` freezes.

    Raises
    ------
    EvenhandError
        If all corrections together reverse the skew and `balance.on_overshoot` refuses that.
    """
    train, balance, device = train or TrainConfig(), balance or BalanceConfig(), torch.device(device)
    fitted, heavy = labels[fit_rows], None if weights is None else weights[fit_rows]
    classes = [str(c) for c in range(k)] if names is None else names

    def balance_of(section: BalanceConfig) -> tuple[ClassBalance, RowLoss]:
        return class_balance_of(
            section, fitted, classes, smoothing=train.label_smoothing, weights=heavy, blocks=blocks
        )

    def overshoots(section: BalanceConfig) -> bool:
        plan = plan_of(section, fitted, classes, smoothing=train.label_smoothing, weights=heavy)
        return plan.prior.overshoots()

    balanced, loss = _balanced(stages, balance, stage_balance, balance_of, overshoots)
    return FitSpec(
        network=network,
        stages=balanced,
        targets=Targets(labels, k, smoothing=train.label_smoothing, device=device),
        fit_rows=fit_rows,
        validation_rows=validation_rows,
        loss=loss,
        scorer=scorer,
        train=train,
        key=key,
        row_weights=None if weights is None else _mean_one(weights, fit_rows, device),
        layer_decay=layer_decay,
        fixed_norms=norms if train.freeze_norm else None,
        device=device,
    )


def _balanced(
    stages: tuple[FitStage, ...],
    balance: BalanceConfig,
    stage_balance: Sequence[BalanceConfig] | None,
    balance_of: Callable[[BalanceConfig], tuple[ClassBalance, RowLoss]],
    overshoots: Callable[[BalanceConfig], bool],
) -> tuple[tuple[FitStage, ...], RowLoss]:
    """Return the stages with their class balance, and the loss of the fit."""
    fit_balance, loss = balance_of(balance)
    out = []
    for stage, section in zip(stages, stage_balance or [balance] * len(stages), strict=True):
        # stages without a section of their own share one object
        own = fit_balance if section == balance else balance_of(section)[0]
        softer = None
        # where an overshoot is allowed and there is one, the softened balance is built if the monitor asks for it
        if section.on_overshoot == "allow" and overshoots(section):
            soft = section.model_copy(update={"on_overshoot": "soften"})
            softer = partial(_first, balance_of, soft)
        out.append(replace(stage, balance=own, softer=softer))
    return tuple(out), loss


def _first(balance_of: Callable[[BalanceConfig], tuple[ClassBalance, RowLoss]], of: BalanceConfig) -> ClassBalance:
    return balance_of(of)[0]


def _mean_one(weights: Floats, rows: Ints, device: torch.device) -> torch.Tensor:
    """Return weights with a mean of 1 over the training rows, so that they do not change the learning rate."""
    scaled = weights / weights[rows].mean()
    return torch.as_tensor(scaled, dtype=torch.float32, device=device)
