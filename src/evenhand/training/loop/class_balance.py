"""Class balance of a stage: sampling weights of rows, loss, and the correction of logits afterwards."""

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
from evenhand.training.loop.block_loss import with_blocks

if TYPE_CHECKING:
    from evenhand.balance.registries import RowLoss


@dataclass(frozen=True, eq=False)
class ClassBalance:
    """Class balance of one stage.

    Attributes
    ----------
    loss
        Epoch of the fit -> the loss that is minimised in it.
    sampling_weights
        (n,) relative weight that each training row is sampled by, or None for each once per epoch.
    epoch_rows
        Rows of an epoch, or None for all training rows.
    expected_mix
        (k,) expected share of each class in the batches, or None if unknown.
    weights
        Epoch of the fit -> (k,) class weights in force in it, or None if unknown.
    correction
        Epoch of the fit -> (k,) shift of the logits of its weights, or None for none.
    unsmoothing
        Epoch of the fit -> correction for label smoothing, applied before the shift, or None for none.
    """

    loss: Callable[[int], RowLoss]
    sampling_weights: Floats | None = None
    epoch_rows: int | None = None
    expected_mix: Floats | None = None
    weights: Callable[[int], Floats] | None = None
    correction: Callable[[int], Floats | None] | None = None
    unsmoothing: Callable[[int], Unsmoothing | None] | None = None

    def shift(self, epoch: int) -> Floats | None:
        """Return the (k,) shift of the logits of weights from an epoch of the fit, or None for none."""
        return None if self.correction is None else self.correction(epoch)

    def unsmoothed(self, epoch: int) -> Unsmoothing | None:
        """Return the unsmoothing of the logits of weights from an epoch of the fit, or None for none."""
        return None if self.unsmoothing is None else self.unsmoothing(epoch)

    def corrects(self, epoch: int) -> bool:
        """Return whether the logits of weights from an epoch of the fit are corrected."""
        return self.shift(epoch) is not None or self.unsmoothed(epoch) is not None

    def corrected(self, logits: Tensor, epoch: int) -> Tensor:
        """Return (n, k) logits of weights from an epoch under the prior that probabilities are corrected to."""
        shift, unsmoothing = self.shift(epoch), self.unsmoothed(epoch)
        if unsmoothing is not None:
            # In float64: a constant part is taken off probabilities that may be hardly larger than it.
            found = corrected(logits.cpu().double().numpy(), shift, unsmoothing)
            return torch.as_tensor(found, dtype=logits.dtype, device=logits.device)
        if shift is None:
            return logits
        return logits + torch.as_tensor(shift, dtype=logits.dtype, device=logits.device)


def class_balance_of(
    config: BalanceConfig,
    labels: npt.NDArray[Any],
    names: Sequence[str],
    *,
    smoothing: float = 0.0,
    weights: Floats | None = None,
    blocks: Sequence[Sequence[int]] = (),
) -> tuple[ClassBalance, RowLoss]:
    """Return the class balance of training rows, and the loss with class weights at full strength.

    Parameters
    ----------
    labels
        (n,) classes of the training rows, or (n, k) shares, NaN where unknown.
    names
        The k classes.
    smoothing
        Share of each target that label smoothing spreads evenly over the classes.
    weights
        (n,) weight of each training row in the loss, or None for equal ones.
    blocks
        Positions of the classes that share a softmax, set by set.

    Raises
    ------
    EvenhandError
        If the skew would be reversed and the settings refuse that, or do not fit the labels.
    """
    plan = accepted(plan_of(config, labels, names, smoothing=smoothing, weights=weights))
    full_loss = _loss_of(plan, None, blocks)
    rows, drawn = round(plan.prior.epoch_rows), plan.row_sampling_weights(labels)
    short = rows != len(labels)
    balance = ClassBalance(
        loss=_loss_by_epoch(plan, full_loss, blocks),
        # only sampling takes a size: a short epoch without weights of its own samples with equal ones
        sampling_weights=np.ones(len(labels)) if short and drawn is None else drawn,
        epoch_rows=rows if short else None,
        expected_mix=plan.prior.batch_shares if weights is None else _mix(labels, drawn, len(names)),
        weights=plan.weights,
        correction=plan.correction_at,
        unsmoothing=plan.unsmoothing_at,
    )
    return balance, full_loss


def _mix(labels: npt.NDArray[Any], drawn: Floats | None, k: int) -> Floats:
    """Return (k,) the expected share of each class in the batches; a row counts once, whatever it weighs."""
    by_row = np.ones(len(labels)) if drawn is None else drawn
    held = by_row @ np.nan_to_num(labels) if labels.ndim == 2 else np.bincount(labels, by_row, minlength=k)
    return np.asarray(held / max(float(held.sum()), 1e-300))


def _loss_of(plan: BalancePlan, epoch: int | None, blocks: Sequence[Sequence[int]]) -> RowLoss:
    classes = plan.classes(epoch)
    built: RowLoss = section_of(LOSSES, plan.config.loss).build(classes)
    return with_blocks(built, blocks, classes.weights) if blocks else built


def _loss_by_epoch(
    plan: BalancePlan, full_loss: RowLoss, blocks: Sequence[Sequence[int]]
) -> Callable[[int], RowLoss]:
    """Return epoch -> loss; where weights are at full strength, it is `full_loss` itself."""

    @lru_cache(maxsize=1)  # it is asked for in every step, and changes with the epoch
    def weaker(epoch: int) -> RowLoss:
        return _loss_of(plan, epoch, blocks)

    return lambda epoch: full_loss if plan.strength(epoch) == 1.0 else weaker(epoch)
