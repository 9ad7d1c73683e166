"""Class balance: samplers, class weights and losses, each a file found by its name.

`prior` computes their joint effective prior. Only the arithmetic of losses needs torch.
"""

from evenhand.balance.prior.effective_prior import EffectivePrior, effective_prior
from evenhand.balance.registries import class_weights, row_weights, sampling_weights

__all__ = ["EffectivePrior", "class_weights", "effective_prior", "row_weights", "sampling_weights"]
