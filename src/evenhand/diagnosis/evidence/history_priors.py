"""What a fit is made to believe in each of its epochs: a stage may have its own balance, a guard may soften it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from evenhand.balance.config import BalanceConfig
from evenhand.balance.plan import BalancePlan, plan_of
from evenhand.balance.prior.effective_prior import EffectivePrior


@dataclass(frozen=True, eq=False)
class Beliefs:
    """The plans of a fit.

    Attributes
    ----------
    plans
        What is done about skew in each stage; one where there are no stages.
    softened
        The same once a guard has softened it.
    """

    plans: tuple[BalancePlan, ...]
    softened: tuple[BalancePlan, ...]

    def plan(self, line: Mapping[str, Any]) -> BalancePlan:
        """Return the plan in force in an epoch, by its line in epochs.jsonl."""
        plans = self.softened if line.get("softened") else self.plans
        return plans[min(int(line.get("stage") or 0), len(plans) - 1)]

    def prior(self, line: Mapping[str, Any]) -> EffectivePrior:
        """Return the prior that is trained under in an epoch; class weights may not be at full strength yet."""
        return self.plan(line).prior_at(int(line.get("epoch") or 0))


def beliefs_of(
    balance: Mapping[str, Any], train: Mapping[str, Any], labels: npt.NDArray[Any], classes: Sequence[str]
) -> Beliefs:
    """Return what the settings of a model make its fits believe.

    Parameters
    ----------
    balance, train
        The settings of the model, as plain values; stages are among the latter.
    labels
        (n,) class indices of the training rows, or (n, k) shares.

    Raises
    ------
    EvenhandError
        If the settings do not go with the labels.
    """
    own = BalanceConfig.model_validate(dict(balance))
    stages = [own.overridden(stage.get("balance") or {}) for stage in train.get("stage") or ()] or [own]
    soft = [stage.model_copy(update={"on_overshoot": "soften"}) for stage in stages]
    smoothing = float(train.get("label_smoothing") or 0.0)
    plans, softened = (
        tuple(plan_of(stage, labels, classes, smoothing=smoothing) for stage in each) for each in (stages, soft)
    )
    return Beliefs(plans, softened)
