"""The balance plan: sampling, weights and correction from [balance] and the labels of some rows. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.balance.config import BalanceConfig
from evenhand.balance.correction.correction import correction_of, output_prior, unsmoothing_of
from evenhand.balance.correction.unsmoothing import Unsmoothing
from evenhand.balance.prior.effective_prior import EffectivePrior, prior_of
from evenhand.balance.prior.overshoot import overshoot_words
from evenhand.balance.prior.soften import Softened, softened
from evenhand.balance.registries import (
    LOSSES,
    SAMPLERS,
    WEIGHTS,
    ClassNames,
    of_classes,
    over_present,
    row_weights,
)
from evenhand.balance.weight_schedule import strength, weights_at
from evenhand.base.errors import EvenhandError
from evenhand.base.settings.named_choice import section_of
from evenhand.base.values import Floats


@dataclass(frozen=True, eq=False)
class BalancePlan:
    """Class balance of some rows.

    Attributes
    ----------
    config
        The settings.
    asked
        The effective prior of the settings.
    prior
        The effective prior of training; a different one where an overshoot was softened.
    softening
        The softening, or None.
    per_class
        (k,) sampling weight of a row by its class.
    correction
        (k,) shift of the logits after the training, or None where there is none; of weights at full strength.
        Where targets were smoothed, that is taken off before (`unsmoothing_at`).
    """

    config: BalanceConfig
    asked: EffectivePrior
    prior: EffectivePrior
    softening: Softened | None
    per_class: Floats
    correction: Floats | None

    @property
    def output_prior(self) -> EffectivePrior:
        """The prior that written probabilities stand for."""
        return output_prior(self.config, self.prior, self.correction)

    @property
    def draws(self) -> bool:
        """Whether rows are sampled, rather than taken once per epoch each."""
        held = self.prior.counts > 0
        return bool((np.abs(self.per_class[held] - 1) > 1e-12).any())

    @property
    def refusal(self) -> str | None:
        """Why such a training is refused, or None."""
        return overshoot_words(self.asked, self.config) if self.config.on_overshoot == "refuse" else None

    def row_sampling_weights(self, labels: npt.NDArray[Any]) -> Floats | None:
        """Return the (n,) sampling weight of each row, or None for each once per epoch."""
        return row_weights(self.per_class, labels) if self.draws else None

    def weights(self, epoch: int | None = None) -> Floats:
        """Return (k,) class weights in force in an epoch of the fit; at full strength for None."""
        share = 1.0 if epoch is None else self.strength(epoch)
        return weights_at(self.prior.weights, self.prior.counts, share)

    def strength(self, epoch: int) -> float:
        """Return the share of their strength that class weights have in an epoch."""
        return strength(epoch, first=self.config.weights_from, warmup=self.config.warmup_epochs)

    def prior_at(self, epoch: int) -> EffectivePrior:
        """Return the prior that is trained under in an epoch: weights may not be in force yet."""
        prior, share = self.prior, self.strength(epoch)
        # A power of the weights, as in `weights_at`, so that prior and loss agree in every epoch.
        return replace(prior, class_weights=prior.class_weights**share, loss_weights=prior.loss_weights**share)

    def correction_at(self, epoch: int) -> Floats | None:
        """Return (k,) shift of the logits after an epoch, from the prior that is trained under in it, or None."""
        if self.prior.multi_label or self.strength(epoch) == 1.0:  # weights change no prior where several may hold
            return self.correction
        return correction_of(self.config, self.prior_at(epoch), round(self.prior.counts.sum()))

    def unsmoothing_at(self, epoch: int | None = None) -> Unsmoothing | None:
        """Return what is taken off the logits after an epoch before they are shifted; at full strength for None."""
        return unsmoothing_of(self.config, self.prior if epoch is None else self.prior_at(epoch))

    def classes(self, epoch: int | None = None) -> ClassNames:
        """Return what a loss may know of the classes in an epoch; at full strength for None."""
        prior = self.prior
        return ClassNames(prior.counts, self.weights(epoch), prior.multi_label, prior.shifts)

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {
            "settings": self.config.plain(),
            **self.prior.document(),
            "requested_exponent": self.asked.exponent,
            "softened": None if self.softening is None else self.softening.description,
            "output_prior": dict(zip(self.prior.names, self.output_prior.shares.tolist(), strict=True)),
        }


def plan_of(
    config: BalanceConfig,
    labels: npt.NDArray[Any],
    names: Sequence[str],
    *,
    smoothing: float = 0.0,
    weights: Floats | None = None,
) -> BalancePlan:
    """Return the plan for training rows.

    Parameters
    ----------
    labels
        (n,) class indices, all known, or (n, k) shares of classes where several may hold, NaN where unknown.
    names
        The k classes.
    smoothing
        Share of each target that label smoothing spreads evenly over the classes.
    weights
        (n,) weight of each row in the loss, or None for equal ones. They are part of the data: a class has as many
        rows as its rows weigh, of weights with a mean of 1.

    Raises
    ------
    EvenhandError
        If an option names a class that is not there, or does not go with labels like these.
    """
    asked, per_class = _asked(config, labels, names, smoothing, weights)
    prior, softening = asked, None
    if config.on_overshoot == "soften" and asked.overshoots():
        softening = softened(asked)
        prior = softening.prior
        # Rows with several labels mix classes: the power is applied per class, before rows average over theirs.
        per_class = prior.sampling if labels.ndim == 1 else per_class ** softening.powers.get("sampler", 1.0)
    return BalancePlan(config, asked, prior, softening, per_class, correction_of(config, prior, len(labels)))


def accepted(plan: BalancePlan) -> BalancePlan:
    """Return the plan.

    Raises
    ------
    EvenhandError
        If it is refused, with the reason and how to fix it.
    """
    if plan.refusal is not None:
        raise EvenhandError(plan.refusal)
    return plan


def _asked(
    config: BalanceConfig,
    labels: npt.NDArray[Any],
    names: Sequence[str],
    smoothing: float,
    weights: Floats | None,
) -> tuple[EffectivePrior, Floats]:
    multi_label, of_rows = labels.ndim == 2, mean_one(weights)
    if multi_label:
        unknown = np.isnan(labels)
        held = np.where(unknown, 0.0, labels) if of_rows is None else np.nan_to_num(labels) * of_rows[:, None]
        counts = held.sum(axis=0)
    else:
        counts = np.bincount(labels, of_rows, minlength=len(names)).astype(np.float64)
    sampler = of_classes(section_of(SAMPLERS, config.sampler), counts, names)
    weighing = of_classes(section_of(WEIGHTS, config.weights), counts, names)
    loss = of_classes(section_of(LOSSES, config.loss), counts, names)
    _check_loss(loss, config, multi_label)
    per_class = over_present(sampler.sampling_weights, counts, absent=0.0)
    # A row is sampled with all of its classes: what a class gets is the mean over the rows that hold it.
    sampling, known = per_class, None
    if multi_label:
        by_row = row_weights(per_class, labels)
        sampling = _mean_weights(by_row, held)
        if unknown.any():
            there = ~unknown if of_rows is None else ~unknown * of_rows[:, None]
            known = there.sum(axis=0), _mean_weights(by_row, there)
    elif of_rows is not None:
        # relative to the rows that are drawn, each of which is one row whatever it weighs
        sampling = per_class / max(float(per_class[labels].mean()), 1e-300)
    costs = over_present(weighing.class_weights, counts, absent=1.0)
    prior = prior_of(
        counts,
        names,
        sampling,
        costs,
        loss,
        sampler,
        multi_label=multi_label,
        rows=float(len(labels)) if multi_label or of_rows is not None else None,
        smoothing=smoothing,
        known=known,
    )
    return prior, per_class


def mean_one(weights: Floats | None) -> Floats | None:
    """Return row weights with a mean of 1, so that they do not change the scale of the loss; None for None."""
    return None if weights is None else weights / weights.mean()


def _mean_weights(weights: Floats, labels: npt.NDArray[Any]) -> Floats:
    """Return (k,) the mean sampling weight of the rows with each label (n, k), relative to that of all rows."""
    counts = labels.sum(axis=0)
    return np.asarray(
        np.where(counts > 0, weights @ labels / np.where(counts > 0, counts, 1.0), 0.0) / weights.mean()
    )


def _check_loss(loss: Any, config: BalanceConfig, multi_label: bool) -> None:
    name = config.loss if isinstance(config.loss, str) else config.loss["name"]
    if multi_label and getattr(loss, "exclusive", False):
        raise EvenhandError(
            f'balance.loss = "{name}" is for classes that exclude each other, and here several may hold for a row. '
            'Use "cross_entropy", "focal" or "asymmetric".'
        )
    if not multi_label and getattr(loss, "multi_label_only", False):
        raise EvenhandError(
            f'balance.loss = "{name}" is for rows that may hold several classes, and here each has one. '
            'Use "cross_entropy", "focal" or "logit_adjusted".'
        )
