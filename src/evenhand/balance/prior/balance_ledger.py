"""The ledger of a run: a plan for each way in which models and stages deal with skew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.balance.config import BalanceConfig
from evenhand.balance.plan import BalancePlan, plan_of
from evenhand.balance.prior.describe import choice_words, prior_table, sentences
from evenhand.base.values import Mask


@dataclass(frozen=True, eq=False)
class BalanceLedger:
    """What one way of dealing with skew makes models believe.

    Attributes
    ----------
    models
        The models that deal with it so.
    stage
        The stage, counted from 0, where stages differ; None for all of them.
    key
        Where the settings stand in the configuration ("balance", "model.lite0.balance").
    plan
        For all rows that may be trained on.
    folds
        The same for the training rows of each fold.
    """

    models: tuple[str, ...]
    stage: int | None
    key: str
    plan: BalancePlan
    folds: tuple[BalancePlan, ...] = ()

    @property
    def title(self) -> str:
        """Whose ledger it is, in words."""
        who = ", ".join(self.models) if self.models else "every model"
        return who if self.stage is None else f"{who}, stage {self.stage + 1}"

    @property
    def refusal(self) -> str | None:
        """Why training is refused on all rows, or in some fold; None where it is not."""
        return next((plan.refusal for plan in (self.plan, *self.folds) if plan.refusal is not None), None)

    @property
    def chosen(self) -> str:
        """Sampler, weights, loss and label smoothing in words."""
        config, smoothing = self.plan.config, self.plan.prior.smoothing
        words = [f"{part} {choice_words(getattr(config, part))}" for part in ("sampler", "weights", "loss")]
        return ", ".join([*words, *([f"label smoothing {smoothing:g}"] if smoothing else [])])

    def remarks(self) -> list[str]:
        """Return what the figures come to, a sentence each."""
        plan, config = self.plan, self.plan.config
        out = sentences(plan.prior)
        exponents = [fold.prior.exponent for fold in self.folds]
        if exponents and max(exponents) - min(exponents) >= 0.005:
            out.append(f"In the folds the exponent is {min(exponents):.2f} to {max(exponents):.2f}.")
        if plan.softening is not None:
            out.append(f"The settings ask for {plan.asked.exponent:.2f}, which was {plan.softening.says}.")
        if config.warmup_epochs or config.weights_from:
            out.append(_rise(plan))
        return [*out, _judged(plan)]

    def lines(self) -> list[str]:
        """Return the ledger as lines for a terminal or a log."""
        return [f"Balance of {self.title}: {self.chosen}", *prior_table(self.plan.prior), *self.remarks()]

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {
            "models": list(self.models),
            "stage": self.stage,
            "key": self.key,
            "title": self.title,
            "chosen": self.chosen,
            **self.plan.document(),
            "exponent_in_folds": [plan.prior.exponent for plan in self.folds],
            "refused": self.refusal,
            "remarks": self.remarks(),
        }

    def __str__(self) -> str:
        return "\n".join(self.lines())


def ledger_of(
    config: BalanceConfig,
    labels: npt.NDArray[Any],
    names: Sequence[str],
    training: Mask,
    folds: Sequence[Mask] = (),
    *,
    models: Sequence[str] = (),
    stage: int | None = None,
    key: str = "balance",
    smoothing: float = 0.0,
) -> BalanceLedger:
    """Return the ledger of one way of dealing with skew.

    Parameters
    ----------
    labels
        (n,) class indices, or (n, k) shares.
    names
        The k classes.
    training
        (n,) rows that may be trained on, their labels known.
    folds
        (n,) rows that each fold trains on.
    smoothing
        Share of each target that label smoothing spreads evenly over the classes.
    """
    whole, *each = (plan_of(config, labels[rows], names, smoothing=smoothing) for rows in (training, *folds))
    return BalanceLedger(tuple(models), stage, key, whole, tuple(each))


def _rise(plan: BalancePlan) -> str:
    config, first = plan.config, plan.prior_at(0)
    full = int(np.ceil(config.weights_from + config.warmup_epochs))
    return (
        f"Weights come into force from epoch {config.weights_from} and are at full strength in epoch {full}; "
        f"the first epoch has the exponent {first.exponent:.2f}."
    )


def _judged(plan: BalancePlan, *, same: float = 1e-9) -> str:
    config, judged = plan.config, plan.judged
    if config.adjust:
        told = ", ".join(f"{n} {s:.1%}" for n, s in zip(judged.names[:6], judged.shares[:6], strict=True))
        return f"Probabilities are adjusted and judged under {told} (exponent {judged.exponent:.2f})."
    if np.abs(plan.prior.shares - plan.prior.natural).max(initial=0.0) < same and config.correct_to == "natural":
        return "Probabilities are judged as they are."
    words = {
        "natural": "corrected to the natural prior before they are judged",
        "trained": 'judged under the trained prior (correct_to = "trained")',
        "uniform": "corrected to equal classes before they are judged",
    }
    return f"Probabilities are {words.get(str(config.correct_to), 'corrected to the prior stated in correct_to')}."
