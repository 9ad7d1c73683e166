"""What is done about skew while a stage is fitted: who is drawn, what an error costs, what is put right after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from evenhand.balance.config import BalanceConfig
from evenhand.balance.correction.unsmoothing import Unsmoothing, corrected
from evenhand.balance.plan import BalancePlan, accepted, plan_of
from evenhand.balance.registries import LOSSES
from evenhand.base.settings.named_choice import section_of
from evenhand.base.values import Floats

if TYPE_CHECKING:
    from evenhand.balance.registries import RowLoss


@dataclass(frozen=True, eq=False)
class Balance:
    """What is done about skew in one stage.

    Attributes
    ----------
    loss
        Epoch of the fit -> the loss that is minimised in it.
    chances
        (n,) chance of each training row to be drawn, or None for each once an epoch.
    epoch_rows
        Rows of an epoch, or None for as many as there are.
    expected_mix
        (k,) share of each class that batches should hold, or None where nobody says.
    weights
        Epoch of the fit -> (k,) class weights in force in it, or None where nobody says.
    correction
        Epoch of the fit -> (k,) shift of the logits after it before they become probabilities, or None for none.
    unsmoothing
        Epoch of the fit -> what label smoothing left in the logits and is taken off before, or None for nothing.
    """

    loss: Callable[[int], RowLoss]
    chances: Floats | None = None
    epoch_rows: int | None = None
    expected_mix: Floats | None = None
    weights: Callable[[int], Floats] | None = None
    correction: Callable[[int], Floats | None] | None = None
    unsmoothing: Callable[[int], Unsmoothing | None] | None = None

    def shift(self, epoch: int) -> Floats | None:
        """Return (k,) what is added to the logits of weights from an epoch of the fit, or None for nothing."""
        return None if self.correction is None else self.correction(epoch)

    def unsmoothed(self, epoch: int) -> Unsmoothing | None:
        """Return what is taken off the logits of weights from an epoch of the fit, or None for nothing."""
        return None if self.unsmoothing is None else self.unsmoothing(epoch)

    def corrects(self, epoch: int) -> bool:
        """Return whether anything is done to the logits of weights from an epoch of the fit."""
        return self.shift(epoch) is not None or self.unsmoothed(epoch) is not None

    def corrected(self, logits: Tensor, epoch: int) -> Tensor:
        """Return (n, k) logits of weights from an epoch under the prior that probabilities are to stand for."""
        shift, unsmoothing = self.shift(epoch), self.unsmoothed(epoch)
        if unsmoothing is not None:
            found = corrected(logits.double().cpu().numpy(), shift, unsmoothing)
            return torch.as_tensor(found, dtype=logits.dtype, device=logits.device)
        if shift is None:
            return logits
        return logits + torch.as_tensor(shift, dtype=logits.dtype, device=logits.device)


def balance_of(
    config: BalanceConfig, labels: npt.NDArray[Any], names: Sequence[str], *, smoothing: float = 0.0
) -> tuple[Balance, RowLoss]:
    """Return what is done about the skew of training rows, and the loss at full strength.

    Parameters
    ----------
    labels
        (n,) classes of the training rows, or (n, k) shares.
    names
        The k classes.
    smoothing
        Share of each target that label smoothing spreads evenly over the classes.

    Raises
    ------
    EvenhandError
        If the skew would be turned around and the settings refuse that, or do not fit the labels.
    """
    plan = accepted(plan_of(config, labels, names, smoothing=smoothing))
    whole = section_of(LOSSES, config.loss).build(plan.classes())
    rows, chances = round(plan.prior.epoch_rows), plan.chances(labels)
    short = rows != len(labels)
    balance = Balance(
        loss=_by_epoch(plan, whole),
        chances=np.ones(len(labels)) if short and chances is None else chances,
        epoch_rows=rows if short else None,
        expected_mix=plan.prior.batch_shares,
        weights=plan.weights,
        correction=plan.correction_at,
        unsmoothing=plan.unsmoothing_at,
    )
    return balance, whole


def _by_epoch(plan: BalancePlan, whole: RowLoss) -> Callable[[int], RowLoss]:
    """Return the loss of each epoch; one that is built already is taken where weights are at full strength."""

    @lru_cache(maxsize=1)
    def weaker(epoch: int) -> RowLoss:
        built: RowLoss = section_of(LOSSES, plan.config.loss).build(plan.classes(epoch))
        return built

    return lambda epoch: whole if plan.strength(epoch) == 1.0 else weaker(epoch)
