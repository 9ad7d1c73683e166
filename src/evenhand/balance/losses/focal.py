"""Focal loss: rows that are learnt already count less."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import field_validator

from evenhand.balance.class_options import by_class
from evenhand.balance.registries import LOSSES, ClassNames
from evenhand.base.settings.section import Section, option
from evenhand.base.values import Floats

if TYPE_CHECKING:
    from torch import Tensor

    from evenhand.balance.loss_terms import Terms
    from evenhand.balance.registries import RowLoss


@LOSSES.register("focal")
class Focal(Section):
    """Cross-entropy times (1 - p)^gamma, p the probability of the truth (Lin et al. 2017, eq. 5)."""

    measured: ClassVar[str] = "how far focal loss favours a class depends on how well the model knows its rows"

    gamma: float = option(2.0, ge=0, description="How fast known rows lose weight; 0 is cross-entropy.")
    alpha: dict[str, float] | list[float] | None = option(
        None,
        description="Weight of each class, by name (1 where not named) or in order; scaled to a mean of 1 over "
        "rows.",
    )

    @field_validator("alpha")
    @classmethod
    def _positive(cls, value: dict[str, float] | list[float] | None) -> dict[str, float] | list[float] | None:
        given = list(value.values() if isinstance(value, dict) else value or [])
        if not np.isfinite(given).all() or min(given, default=1.0) <= 0:
            raise ValueError("alpha holds numbers above 0")
        return value

    def for_classes(self, names: Sequence[str], counts: Floats) -> Focal:
        """Return the same with an alpha for each class that has rows, in their order."""
        if self.alpha is None:
            return self
        given = by_class(self.alpha, names, "balance.loss.alpha")
        kept = [1.0 if a is None else a for a, rows in zip(given, counts, strict=True) if rows > 0]
        return self.model_copy(update={"alpha": kept})

    def class_weights(self, counts: Floats) -> Floats:
        """Return alpha, or ones."""
        if self.alpha is None:
            return np.ones(len(counts))
        return np.asarray(list(self.alpha.values()) if isinstance(self.alpha, dict) else self.alpha)

    def build(self, classes: ClassNames) -> RowLoss:
        """Return the loss of each row; one yes or no per class where several may hold."""
        return focal_loss(self.gamma, classes)


def focal_loss(gamma: float, classes: ClassNames) -> RowLoss:
    """Return focal loss with the weights of the classes as they are."""
    from evenhand.balance.loss_terms import weighted_sum

    return weighted_sum(_terms(gamma, classes.multi_label), classes.weights, mean=classes.multi_label)


def _terms(gamma: float, multi_label: bool) -> Terms:
    from torch.nn.functional import log_softmax, logsigmoid

    def one(logits: Tensor, shares: Tensor) -> Tensor:
        return shares * _faded(log_softmax(logits, dim=1), gamma)

    def each(logits: Tensor, shares: Tensor) -> Tensor:
        yes, no = (_faded(logsigmoid(side), gamma) for side in (logits, -logits))
        return shares * yes + (1 - shares) * no

    return each if multi_label else one


def _faded(log_p: Tensor, gamma: float, *, least: float = 1e-7) -> Tensor:
    """Return -(1 - p)^gamma log p; `least` keeps the slope finite where p is 1 and gamma below 1."""
    return -((-log_p.expm1()).clamp_min(least) ** gamma) * log_p if gamma else -log_p
