"""The balance ledger of a run: one for each combination of balance settings among its models and stages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.balance.config import BalanceConfig
from evenhand.balance.plan import BalancePlan, plan_of
from evenhand.balance.prior.describe import choice_words, prior_table, sentences
from evenhand.base.values import Floats, Mask


@dataclass(frozen=True, eq=False)
class BalanceLedger:
    """The class prior that one set of balance settings makes models assume.

    Attributes
    ----------
    models
        The models with these settings.
    stage
        The stage, counted from 0, where stages differ; None for all of them.
    key
        The section of the settings in the configuration ("balance", "model.lite0.balance").
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
        """The models and the stage it applies to, as text."""
        who = ", ".join(self.models) if self.models else "every model"
        return who if self.stage is None else f"{who}, stage {self.stage + 1}"

    @property
    def refusal(self) -> str | None:
        """Why training on all rows or in some fold is refused; None if it is not."""
        return next((plan.refusal for plan in (self.plan, *self.folds) if plan.refusal is not None), None)

    @property
    def chosen(self) -> str:
        """Sampler, weights, loss and label smoothing as text."""
        config, smoothing = self.plan.config, self.plan.prior.smoothing
        words = [f"{part} {choice_words(getattr(config, part))}" for part in ("sampler", "weights", "loss")]
        return ", ".join([*words, *([f"label smoothing {smoothing:g}"] if smoothing else [])])

    def remarks(self) -> list[str]:
        """Return a summary of the figures, a sentence per item."""
        plan, config = self.plan, self.plan.config
        out = sentences(plan.prior)
        exponents = [fold.prior.exponent for fold in self.folds]
        if exponents and max(exponents) - min(exponents) >= 0.005:
            out.append(f"In the folds the exponent is {min(exponents):.2f} to {max(exponents):.2f}.")
        if plan.softening is not None:
            out.append(f"The settings ask for {plan.asked.exponent:.2f}; this was {plan.softening.description}.")
        if config.warmup_epochs or config.weights_from:
            out.append(_rise(plan))
        return [*out, _evaluated(plan)]

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
    weights: Floats | None = None,
) -> BalanceLedger:
    """Return the ledger of one set of balance settings.

    Parameters
    ----------
    labels
        (n,) class indices, or (n, k) shares, NaN where unknown.
    names
        The k classes.
    training
        (n,) rows that may be trained on, their labels known.
    folds
        (n,) rows that each fold trains on.
    smoothing
        Share of each target that label smoothing spreads evenly over the classes.
    weights
        (n,) weight of each row in the loss, or None for equal ones.
    """
    # By the function that plans the folds of a run, so that the ledger cannot differ from the training.
    whole, *each = (
        plan_of(
            config,
            labels[rows],
            names,
            smoothing=smoothing,
            weights=None if weights is None else weights[rows],
        )
        for rows in (training, *folds)
    )
    return BalanceLedger(tuple(models), stage, key, whole, tuple(each))


def _rise(plan: BalancePlan) -> str:
    config, first = plan.config, plan.prior_at(0)
    full = int(np.ceil(config.weights_from + config.warmup_epochs))
    return (
        f"Class weights start in epoch {config.weights_from + 1} and are at full strength in epoch {full + 1}; "
        f"the first epoch has the exponent {first.exponent:.2f}."
    )


def _evaluated(plan: BalancePlan, *, same: float = 1e-9) -> str:
    config, under = plan.config, plan.output_prior
    if config.adjust:
        shares = ", ".join(f"{n} {s:.1%}" for n, s in zip(under.names[:6], under.shares[:6], strict=True))
        return f"Probabilities are adjusted and evaluated under {shares} (exponent {under.exponent:.2f})."
    if np.abs(plan.prior.shares - plan.prior.natural).max(initial=0.0) < same and config.correct_to == "natural":
        return "Probabilities are evaluated uncorrected."
    words = {
        "natural": "corrected to the natural prior before evaluation",
        "trained": 'evaluated under the trained prior (correct_to = "trained")',
        "uniform": "corrected to equal classes before evaluation",
    }
    return f"Probabilities are {words.get(str(config.correct_to), 'corrected to the prior stated in correct_to')}."
