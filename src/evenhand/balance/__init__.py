"""What is done about skewed classes: samplers, class weights and losses, each a file found by its name.

`prior` adds up what they make a model believe; none of this but the losses' arithmetic needs torch.
"""

from evenhand.balance.prior.effective_prior import EffectivePrior, effective_prior
from evenhand.balance.registries import class_weights, row_weights, sampling_weights

__all__ = ["EffectivePrior", "class_weights", "effective_prior", "row_weights", "sampling_weights"]
