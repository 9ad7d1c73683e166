"""The effective prior of each epoch of a fit: a stage may have its own balance, and a live check may soften it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from evenhand.balance.config import BalanceConfig
from evenhand.balance.plan import BalancePlan, plan_of
from evenhand.balance.prior.effective_prior import EffectivePrior
from evenhand.base.values import Floats


@dataclass(frozen=True, eq=False)
class BalancePlans:
    """The balance plans of a fit.

    Attributes
    ----------
    plans
        The plan of each stage; one where there are no stages.
    softened
        The same after a live check has softened them.
    """

    plans: tuple[BalancePlan, ...]
    softened: tuple[BalancePlan, ...]

    def plan(self, line: Mapping[str, Any]) -> BalancePlan:
        """Return the plan in force in an epoch, by its line in epochs.jsonl."""
        plans = self.softened if line.get("softened") else self.plans
        return plans[min(int(line.get("stage") or 0), len(plans) - 1)]

    def prior(self, line: Mapping[str, Any]) -> EffectivePrior:
        """Return the effective prior of an epoch; class weights may still be warming up."""
        return self.plan(line).prior_at(int(line.get("epoch") or 0))


def balance_plans_of(
    balance: Mapping[str, Any],
    train: Mapping[str, Any],
    labels: npt.NDArray[Any],
    classes: Sequence[str],
    weights: Floats | None = None,
) -> BalancePlans:
    """Return the balance plans that the settings of a model imply for its fits.

    Parameters
    ----------
    balance, train
        The settings of the model, as plain values; stages are among the latter.
    labels
        (n,) class indices of the training rows, or (n, k) shares.
    weights
        (n,) their weights in the loss, or None for equal ones.

    Raises
    ------
    EvenhandError
        If the settings do not fit the labels.
    """
    own = BalanceConfig.model_validate(dict(balance))
    stages = [own.overridden(stage.get("balance") or {}) for stage in train.get("stage") or ()] or [own]
    # Both kinds of plans are made: a live check may soften the balance in any epoch, and its line says so.
    soft = [stage.model_copy(update={"on_overshoot": "soften"}) for stage in stages]
    smoothing = float(train.get("label_smoothing") or 0.0)
    plans, softened = (
        tuple(plan_of(stage, labels, classes, smoothing=smoothing, weights=weights) for stage in each)
        for each in (stages, soft)
    )
    return BalancePlans(plans, softened)
